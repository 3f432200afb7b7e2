//! Reading what was sent: bodies of the right type, bounded in size and time; ids and queries from the address.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use futures_util::StreamExt as _;
use keyward_domain::seal::MOST_BYTES;
use keyward_wire::{Problem, media};
use serde::de::DeserializeOwned;

use crate::failure::Failure;
use crate::house::{House, Housed};

/// The bytes of a body that names a thing or two. What is signed, and what describes a product or a sale, may be as long as any document.
const SHORT: usize = 4 * 1024;

/// Reads a signed document in a body of one of these media types.
pub(crate) async fn read(house: &House, types: &[&str], headers: &HeaderMap, body: Body) -> Result<Bytes, Failure> {
    read_at_most(house, MOST_BYTES, types, headers, body).await
}

async fn read_at_most(house: &House, most: usize, types: &[&str], headers: &HeaderMap, body: Body) -> Result<Bytes, Failure> {
    check_type(types, headers)?;
    let announced = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > most) {
        return Err(too_large(most));
    }
    match tokio::time::timeout(house.timeouts.body, collect(body, announced.unwrap_or_default(), most)).await {
        Ok(read) => read,
        Err(_) => Err(Problem::new(408, "slow-body", "The request came too slowly", "the request's body did not come in time")
            .next("check the connection and send the same request again")
            .into()),
    }
}

async fn collect(body: Body, announced: usize, most: usize) -> Result<Bytes, Failure> {
    let mut stream = body.into_data_stream();
    let mut read = Vec::with_capacity(announced);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| {
            Problem::new(400, "broken-body", "The request broke off", "the request's body broke off").next("send the same request again")
        })?;
        if read.len() + chunk.len() > most {
            return Err(too_large(most));
        }
        read.extend_from_slice(&chunk);
    }
    Ok(read.into())
}

fn check_type(types: &[&str], headers: &HeaderMap) -> Result<(), Failure> {
    let said = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default().trim();
    if types.iter().any(|expected| essence.eq_ignore_ascii_case(expected)) {
        return Ok(());
    }
    let detail =
        if essence.is_empty() { "the request does not say what its body is".into() } else { format!("the body is said to be {essence:?}") };
    Err(Problem::new(415, "wrong-content-type", "It is another kind of body", detail)
        .next(format!("send it with Content-Type: {}", types.join(" or ")))
        .into())
}

fn too_large(most: usize) -> Failure {
    let detail = format!("the request's body is larger than the {most} bytes that are read here");
    let next = if most < MOST_BYTES {
        "send what GET /openapi.json says belongs there, and nothing else"
    } else {
        "no Keyward document is that large: send the right file"
    };
    Problem::new(413, "too-large", "The request is too large", detail).next(next).into()
}

/// A JSON body of at most so many bytes.
pub(crate) struct InBody<T, const MOST: usize = SHORT>(pub(crate) T);

/// A JSON body that may be as long as a document.
pub(crate) type InLongBody<T> = InBody<T, MOST_BYTES>;

impl<T: DeserializeOwned, S: Housed, const MOST: usize> FromRequest<S> for InBody<T, MOST> {
    type Rejection = Failure;

    async fn from_request(request: Request, site: &S) -> Result<Self, Failure> {
        let (parts, body) = request.into_parts();
        let bytes = read_at_most(site.house(), MOST, &[media::JSON], &parts.headers, body).await?;
        match serde_json::from_slice(&bytes) {
            Ok(words) => Ok(Self(words)),
            Err(error) => Err(Problem::new(400, "wrong-body", "The body cannot be read", format!("the body does not fit: {error}"))
                .next("GET /openapi.json says what belongs there")
                .into()),
        }
    }
}

/// A name from the path.
pub(crate) struct InPath<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Housed> FromRequestParts<S> for InPath<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, site: &S) -> Result<Self, Failure> {
        match Path::from_request_parts(parts, site).await {
            Ok(Path(words)) => Ok(Self(words)),
            Err(error) => Err(Problem::new(400, "wrong-path", "The address cannot be read", error.body_text()).into()),
        }
    }
}

/// What follows the question mark.
pub(crate) struct InQuery<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Housed> FromRequestParts<S> for InQuery<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, site: &S) -> Result<Self, Failure> {
        match Query::from_request_parts(parts, site).await {
            Ok(Query(words)) => Ok(Self(words)),
            Err(error) => Err(Problem::new(400, "wrong-query", "The query cannot be read", error.body_text())
                .next("GET /openapi.json says what may follow the question mark")
                .into()),
        }
    }
}
