//! The texts themselves, as they were written: which there are, and what each wants to be filled in.

use std::collections::{BTreeMap, BTreeSet};

use fluent::FluentResource;
use fluent_syntax::ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement};

use crate::message::Part;

/// What is wanted by each part of each text.
pub(super) type Texts = BTreeMap<String, BTreeMap<Part, BTreeSet<String>>>;

/// Reads them; every line must be understood, every name must be there once.
pub(super) fn read(language: &str, source: &str) -> Texts {
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(_, errors)| panic!("{language}: {errors:?}"));
    let mut texts = Texts::new();
    for entry in resource.entries() {
        let Entry::Message(message) = entry else { continue };
        let mut parts = BTreeMap::new();
        if let Some(value) = &message.value {
            parts.insert(Part::Text, wanted(value));
        }
        for attribute in &message.attributes {
            let part = Part::ALL.into_iter().find(|part| part.attribute() == Some(attribute.id.name));
            let part =
                part.unwrap_or_else(|| panic!("{language}: {} has a part {} that nobody asks for", message.id.name, attribute.id.name));
            parts.insert(part, wanted(&attribute.value));
        }
        assert!(texts.insert(message.id.name.to_owned(), parts).is_none(), "{language}: {} is there twice", message.id.name);
    }
    texts
}

fn wanted(pattern: &Pattern<&str>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    pattern.elements.iter().for_each(|element| in_element(element, &mut names));
    names
}

fn in_element(element: &PatternElement<&str>, names: &mut BTreeSet<String>) {
    let PatternElement::Placeable { expression } = element else { return };
    match expression {
        Expression::Inline(inline) => in_inline(inline, names),
        Expression::Select { selector, variants } => {
            in_inline(selector, names);
            variants.iter().flat_map(|variant| &variant.value.elements).for_each(|element| in_element(element, names));
        }
    }
}

fn in_inline(inline: &InlineExpression<&str>, names: &mut BTreeSet<String>) {
    match inline {
        InlineExpression::VariableReference { id } => {
            names.insert(id.name.to_owned());
        }
        InlineExpression::FunctionReference { arguments: CallArguments { positional, .. }, .. } => {
            positional.iter().for_each(|argument| in_inline(argument, names));
        }
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        other => panic!("{other:?}: texts refer to no other texts; put them together in code"),
    }
}
