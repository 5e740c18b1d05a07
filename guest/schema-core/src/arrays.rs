//! What is said of the items of an array.

use crate::Unusable;
use crate::check::{At, Checker, Keywords, Outcome, count, list};
use crate::values::same;
use serde_json::Value;

pub(crate) fn check<'a>(
    checker: &mut Checker<'a>,
    keywords: &'a Keywords,
    items: &[Value],
    at: &At<'_>,
    outcome: &mut Outcome,
) -> Result<(), Unusable> {
    let size = items.len();
    if let Some(least) = count(keywords, "minItems").filter(|least| size < *least) {
        checker.refuse(outcome, at, format!("{size} items are fewer than {least}"));
    }
    if let Some(most) = count(keywords, "maxItems").filter(|most| size > *most) {
        checker.refuse(outcome, at, format!("{size} items are more than {most}"));
    }
    if keywords.get("uniqueItems") == Some(&Value::Bool(true))
        && let Some((first, second)) = repeated(checker, items)?
    {
        checker.refuse(outcome, at, format!("the items {first} and {second} are the same"));
    }
    apply_to_items(checker, keywords, items, at, outcome)?;
    contain(checker, keywords, items, at, outcome)?;
    if let Some(schema) = keywords.get("unevaluatedItems") {
        for (index, item) in items.iter().enumerate() {
            if outcome.items.insert(index) {
                let at = at.part(&index.to_string());
                outcome.is_valid &= checker.apply(schema, item, &at)?.is_valid;
            }
        }
    }
    Ok(())
}

fn repeated(
    checker: &mut Checker<'_>,
    items: &[Value],
) -> Result<Option<(usize, usize)>, Unusable> {
    for (second, item) in items.iter().enumerate() {
        for (first, before) in items.iter().enumerate().take(second) {
            if same(checker, before, item)? {
                return Ok(Some((first, second)));
            }
        }
    }
    Ok(None)
}

/// `prefixItems` and `items`; a list of `items` with `additionalItems` was the same before.
fn apply_to_items<'a>(
    checker: &mut Checker<'a>,
    keywords: &'a Keywords,
    items: &[Value],
    at: &At<'_>,
    outcome: &mut Outcome,
) -> Result<(), Unusable> {
    let (first, rest) = match keywords.get("items") {
        Some(Value::Array(first)) => (first.as_slice(), keywords.get("additionalItems")),
        rest => (list(keywords, "prefixItems"), rest),
    };
    for (index, item) in items.iter().enumerate() {
        let Some(schema) = first.get(index).or(rest) else { break };
        outcome.is_valid &= checker.apply(schema, item, &at.part(&index.to_string()))?.is_valid;
        outcome.items.insert(index);
    }
    Ok(())
}

fn contain<'a>(
    checker: &mut Checker<'a>,
    keywords: &'a Keywords,
    items: &[Value],
    at: &At<'_>,
    outcome: &mut Outcome,
) -> Result<(), Unusable> {
    let Some(schema) = keywords.get("contains") else { return Ok(()) };
    let mut found = 0_usize;
    for (index, item) in items.iter().enumerate() {
        if checker.apply(schema, item, &at.quietly())?.is_valid {
            found += 1;
            outcome.items.insert(index);
        }
    }
    let least = count(keywords, "minContains").unwrap_or(1);
    if found < least {
        let what = format!("{found} items are what `contains` wants, fewer than {least}");
        checker.refuse(outcome, at, what);
    }
    if let Some(most) = count(keywords, "maxContains").filter(|most| found > *most) {
        checker.refuse(
            outcome,
            at,
            format!("{found} items are what `contains` wants, more than {most}"),
        );
    }
    Ok(())
}
