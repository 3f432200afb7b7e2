//! The API's description is committed, complete, and true of what is really sent.

use std::path::Path;
use std::{env, fs};

use keyward_web::{openapi, seats_openapi};
use serde_json::{Value, json};

use crate::world::{Host, World, product, terms};

#[test]
fn the_committed_description_is_the_one_that_is_served() {
    for (name, said) in [("openapi.json", openapi()), ("openapi-license-server.json", seats_openapi())] {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
        if env::var_os("KEYWARD_BLESS").is_some() {
            fs::write(&file, said).expect("the description is written");
        }
        let committed = fs::read_to_string(&file).unwrap_or_else(|error| panic!("docs/{name}: {error}"));
        assert!(committed == said, "docs/{name} is not what the server says; run this test with KEYWARD_BLESS=1 and commit it");
    }
}

#[test]
fn the_description_names_a_licence_and_says_what_everything_is() {
    for (said, guards, expected) in [(openapi(), "/v1/admin", 26), (seats_openapi(), "/v1/pool", 15)] {
        says_what_everything_is(said, guards, expected);
    }
}

fn says_what_everything_is(said: &str, guards: &str, expected: usize) {
    let api: Value = serde_json::from_str(said).expect("the description is JSON");
    assert_eq!(api["info"]["license"]["name"], "MIT OR Apache-2.0");
    let mut operations = 0;
    for (path, item) in api["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            operations += 1;
            assert!(operation["summary"].is_string() && operation["operationId"].is_string(), "{method} {path}");
            assert_eq!(
                operation["responses"]["default"]["content"]["application/problem+json"]["schema"]["$ref"],
                "#/components/schemas/Problem"
            );
            let guarded = operation["security"].as_array().is_some_and(|it| it.iter().any(|needs| needs.get("admin").is_some()));
            assert_eq!(guarded, path.starts_with(guards) || path == "/metrics", "{method} {path}");
        }
    }
    assert_eq!(operations, expected);
    for reference in references(&api) {
        assert!(api.pointer(reference.trim_start_matches('#')).is_some(), "{reference} is there");
    }
}

fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(object) => object
            .iter()
            .flat_map(|(name, value)| match value.as_str() {
                Some(reference) if name == "$ref" => vec![reference],
                _ => references(value),
            })
            .collect(),
        Value::Array(all) => all.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}

/// What is wrong with a value, by the schemas of the description. Knows the words that they use, and no others.
pub(crate) fn wrong(schemas: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let schema = match schema["$ref"].as_str() {
        Some(reference) => &schemas[reference.rsplit('/').next().expect("a name")],
        None => schema,
    };
    if let Some(any) = schema["oneOf"].as_array() {
        let fit = any.iter().filter(|one| wrong(schemas, one, value, place).is_empty()).count();
        return if fit == 1 { Vec::new() } else { vec![format!("{place}: {fit} of oneOf fit {value}")] };
    }
    let kinds: Vec<_> = schema["type"].as_array().map_or_else(|| vec![&schema["type"]], |all| all.iter().collect());
    let is = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let mut found = Vec::new();
    if !kinds.iter().any(|kind| *kind == is) {
        found.push(format!("{place}: {value} is not {kinds:?}"));
    }
    if schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
        found.push(format!("{place}: {value} is none of {}", schema["enum"]));
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(wrong(schemas, &schema["items"], item, &format!("{place}[{index}]")));
    }
    if let Some(object) = value.as_object() {
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        found.extend(required.filter(|name| !object.contains_key(*name)).map(|name| format!("{place}: no {name}")));
        for (name, value) in object {
            match schema["properties"].get(name) {
                Some(schema) => found.extend(wrong(schemas, schema, value, &format!("{place}.{name}"))),
                None if schema["additionalProperties"] == true => (),
                None => found.push(format!("{place}.{name} is not described")),
            }
        }
    }
    found
}

#[tokio::test]
async fn what_is_sent_has_the_form_that_the_description_gives_it() {
    let world = World::new().await;
    let api: Value = serde_json::from_str(openapi()).expect("the description is JSON");
    let schemas = &api["components"]["schemas"];
    let fits = |name: &str, value: &Value| {
        assert!(schemas[name].is_object(), "{name} is described");
        assert_eq!(wrong(schemas, &schemas[name], value, name), [""; 0]);
    };
    let envelope = |value: Vec<u8>| serde_json::from_slice::<Value>(&value).expect("JSON");

    fits("Product", &product("cad"));
    fits("Terms", &terms(1));
    let mut pool = terms(1);
    pool["key_type"] = json!("network");
    pool["allowance"] = json!({ "seats": { "seats": 5, "overdraft": 1, "borrowing": { "days": 7, "seats": 2 }, "per": "user", "servers": 2, "delegated_days": 60 } });
    pool["contact"] = json!({ "every": { "days": 30, "grace": 7 } });
    fits("Terms", &pool);
    let pool: Value = crate::world::read(world.post("/v1/admin/entitlements", pool).await).await;
    fits("Issued", &pool);

    let issued = world.issue(1).await;
    let request = Host(1).activates(&world, 1, &issued.key);
    fits("Envelope", &envelope(request.to_json()));
    fits("Reply", &envelope(world.ask(&request).await.bytes().await.expect("an answer").to_vec()));
    let id = &issued.entitlement.id;
    let (rotate, revoke) =
        (json!({ "change": "rotate" }), json!({ "change": "revoke", "key": "00".repeat(16), "since": "2027-01-01T00:00:00Z" }));
    fits("KeyChange", &rotate);
    fits("KeyChange", &revoke);
    let slot: Value = crate::world::read(world.get(&format!("/v1/admin/entitlements/{id}")).await).await;
    let owner = json!({ "owner": "ada@example.com" });
    let token = json!({ "name": "shop", "role": "reseller" });
    fits("Owner", &owner);
    fits("Owner", &json!({ "owner": null }));
    fits("AddToken", &token);
    let mut sale = terms(1);
    sale["owner"] = json!("ada@example.com");
    fits("Sale", &sale);
    let refused = Host(2).activates(&world, 1, &issued.key);
    let free = json!({ "activation": slot["slots"][0]["activation"] });
    for (schema, path, body) in [
        ("Product", "/v1/admin/products".to_owned(), Some(product("other"))),
        ("ProductPage", "/v1/admin/products?most=1".to_owned(), None),
        ("ProductProfile", "/v1/admin/products/cad/profile".to_owned(), None),
        ("Entitlement", format!("/v1/admin/entitlements/{id}"), None),
        ("Handed", "/v1/admin/answer".to_owned(), Some(envelope(request.to_json()))),
        ("Handed", "/v1/admin/answer".to_owned(), Some(envelope(refused.to_json()))),
        ("Entitlement", format!("/v1/admin/entitlements/{id}/owner"), Some(owner)),
        ("IssuedToken", "/v1/admin/tokens".to_owned(), Some(token)),
        ("TokenLine", "/v1/admin/tokens/shop/revoke".to_owned(), Some(Value::Null)),
        ("TokenList", "/v1/admin/tokens".to_owned(), None),
        ("Entitlement", format!("/v1/admin/entitlements/{id}/free"), Some(free)),
        ("EntitlementPage", "/v1/admin/entitlements?most=1".to_owned(), None),
        ("LogPage", "/v1/admin/log".to_owned(), None),
        ("KeyList", "/v1/admin/keys".to_owned(), None),
        ("RootChange", "/v1/admin/keys/change".to_owned(), Some(rotate.clone())),
        ("RootSeed", "/v1/admin/root".to_owned(), None),
        ("Health", "/health".to_owned(), None),
    ] {
        let response = match body {
            Some(body) => world.post(&path, body).await,
            None => world.get(&path).await,
        };
        fits(schema, &crate::world::read(response).await);
    }
    world.admin(reqwest::Method::DELETE, "/v1/admin/root", None::<&()>).await;
    fits("RootChange", &crate::world::read(world.post("/v1/admin/keys/change", rotate).await).await);
    fits("Problem", &envelope(world.get("/nowhere").await.bytes().await.expect("a problem").to_vec()));

    for verdict in [
        json!({ "says": "granted", "activation": "A-1", "until": null }),
        json!({ "says": "returned", "activation": "A-1" }),
        json!({ "says": "revoked", "activation": "A-1", "reason": "freed" }),
    ] {
        fits("Verdict", &verdict);
        serde_json::from_value::<keyward_engine::console::Verdict>(verdict).expect("a verdict");
    }

    let planted = json!({ "status": "fine", "more": 1 });
    assert_eq!(wrong(schemas, &schemas["Health"], &planted, "Health").len(), 2, "what does not fit is noticed");
}
