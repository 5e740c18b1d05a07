//! What is said of the members of an object.

use crate::Unusable;
use crate::check::{At, Checker, Keywords, Outcome, count, list};
use crate::values::matches;
use serde_json::{Map, Value};

type Members = Map<String, Value>;

pub(crate) fn check<'a>(
    checker: &mut Checker<'a>,
    keywords: &'a Keywords,
    members: &Members,
    at: &At<'_>,
    outcome: &mut Outcome,
) -> Result<(), Unusable> {
    let size = members.len();
    if let Some(least) = count(keywords, "minProperties").filter(|least| size < *least) {
        checker.refuse(outcome, at, format!("{size} members are fewer than {least}"));
    }
    if let Some(most) = count(keywords, "maxProperties").filter(|most| size > *most) {
        checker.refuse(outcome, at, format!("{size} members are more than {most}"));
    }
    require(checker, list(keywords, "required"), members, at, outcome);
    depend(checker, keywords, members, at, outcome)?;
    if let Some(schema) = keywords.get("propertyNames") {
        for name in members.keys() {
            let found = checker.apply(schema, &Value::String(name.clone()), &at.part(name))?;
            outcome.is_valid &= found.is_valid;
        }
    }
    apply_to_members(checker, keywords, members, at, outcome)
}

fn require(
    checker: &mut Checker<'_>,
    names: &[Value],
    members: &Members,
    at: &At<'_>,
    outcome: &mut Outcome,
) {
    for name in names.iter().filter_map(Value::as_str) {
        if !members.contains_key(name) {
            checker.refuse(outcome, at, format!("`{name}` is missing"));
        }
    }
}

/// `dependentRequired` and `dependentSchemas`, which `dependencies` was before.
fn depend<'a>(
    checker: &mut Checker<'a>,
    keywords: &'a Keywords,
    members: &Members,
    at: &At<'_>,
    outcome: &mut Outcome,
) -> Result<(), Unusable> {
    for keyword in ["dependentRequired", "dependentSchemas", "dependencies"] {
        let Some(Value::Object(rules)) = keywords.get(keyword) else { continue };
        for (_, rule) in rules.iter().filter(|(name, _)| members.contains_key(*name)) {
            match rule {
                Value::Array(names) => require(checker, names, members, at, outcome),
                schema => {
                    let whole = Value::Object(members.clone());
                    outcome.and(checker.apply(schema, &whole, at)?);
                }
            }
        }
    }
    Ok(())
}

fn apply_to_members<'a>(
    checker: &mut Checker<'a>,
    keywords: &'a Keywords,
    members: &Members,
    at: &At<'_>,
    outcome: &mut Outcome,
) -> Result<(), Unusable> {
    let named = keywords.get("properties").and_then(Value::as_object);
    let patterns = keywords.get("patternProperties").and_then(Value::as_object);
    let rest = keywords.get("additionalProperties");
    let has_any = named.is_some() || patterns.is_some() || rest.is_some();
    for (name, value) in members.iter().filter(|_| has_any) {
        let mut is_covered = false;
        if let Some(schema) = named.and_then(|named| named.get(name)) {
            is_covered = true;
            outcome.is_valid &= checker.apply(schema, value, &at.part(name))?.is_valid;
        }
        for (pattern, schema) in patterns.into_iter().flatten() {
            if matches(checker, pattern, name)? {
                is_covered = true;
                outcome.is_valid &= checker.apply(schema, value, &at.part(name))?.is_valid;
            }
        }
        if !is_covered && let Some(schema) = rest {
            is_covered = true;
            outcome.is_valid &= checker.apply(schema, value, &at.part(name))?.is_valid;
        }
        if is_covered {
            outcome.members.insert(name.clone());
        }
    }
    let Some(schema) = keywords.get("unevaluatedProperties") else { return Ok(()) };
    for (name, value) in members {
        if outcome.members.insert(name.clone()) {
            outcome.is_valid &= checker.apply(schema, value, &at.part(name))?.is_valid;
        }
    }
    Ok(())
}
