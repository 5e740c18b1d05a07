//! A subschema applied to a value, and what of the value it has looked at.

use crate::limits::{DEPTH, STEPS, VIOLATIONS};
use crate::places::{Places, resolve};
use crate::{Unusable, Violation, arrays, objects, values};
use regex_lite::Regex;
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};

/// An object of a schema.
pub(crate) type Keywords = Map<String, Value>;

/// What a subschema came to.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) is_valid: bool,
    /// Members that a subschema was applied to ("evaluated", 2020-12 Core section 11).
    pub(crate) members: BTreeSet<String>,
    /// Items, by their index.
    pub(crate) items: BTreeSet<usize>,
}

impl Outcome {
    pub(crate) fn valid() -> Self {
        Self { is_valid: true, ..Self::default() }
    }

    /// Takes in what another subschema came to on the same value. One that does not allow it says
    /// nothing of its parts.
    pub(crate) fn and(&mut self, other: Self) {
        self.is_valid &= other.is_valid;
        if other.is_valid {
            self.members.extend(other.members);
            self.items.extend(other.items);
        }
    }
}

/// Where a subschema is applied.
#[derive(Clone)]
pub(crate) struct At<'p> {
    /// What references are resolved against.
    pub(crate) base: &'p str,
    /// The place in the instance.
    pub(crate) place: String,
    depth: usize,
    /// Whether violations are told: of alternatives, it is the whole that fails.
    is_told: bool,
}

impl At<'_> {
    /// At a part of the value.
    pub(crate) fn part(&self, name: &str) -> Self {
        let name = name.replace('~', "~0").replace('/', "~1");
        Self { place: format!("{}/{name}", self.place), ..self.clone() }
    }

    /// The same, without a word.
    pub(crate) fn quietly(&self) -> Self {
        Self { is_told: false, ..self.clone() }
    }
}

/// A validation in progress.
pub(crate) struct Checker<'a> {
    places: &'a Places<'a>,
    steps: u64,
    patterns: HashMap<&'a str, Regex>,
    violations: Vec<Violation>,
}

impl<'a> Checker<'a> {
    pub(crate) fn new(places: &'a Places<'a>) -> Self {
        Self { places, steps: 0, patterns: HashMap::new(), violations: Vec::new() }
    }

    /// Applies the whole schema to the whole instance.
    pub(crate) fn run(
        mut self,
        schema: &'a Value,
        instance: &Value,
    ) -> Result<Vec<Violation>, Unusable> {
        let at = At { base: "", place: String::new(), depth: 0, is_told: true };
        self.apply(schema, instance, &at)?;
        Ok(self.violations)
    }

    /// Counts work.
    pub(crate) fn step(&mut self, steps: u64) -> Result<(), Unusable> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > STEPS { Err(Unusable::Work(STEPS)) } else { Ok(()) }
    }

    /// Tells a violation, while there are few.
    pub(crate) fn refuse(
        &mut self,
        outcome: &mut Outcome,
        at: &At<'_>,
        problem: impl Into<String>,
    ) {
        outcome.is_valid = false;
        if at.is_told && self.violations.len() < VIOLATIONS {
            self.violations.push(Violation { place: at.place.clone(), problem: problem.into() });
        }
    }

    /// The pattern of a schema, compiled once.
    pub(crate) fn pattern(&mut self, pattern: &'a str) -> Result<&Regex, Unusable> {
        if !self.patterns.contains_key(pattern) {
            self.patterns.insert(pattern, values::compile(pattern)?);
        }
        self.patterns.get(pattern).ok_or_else(|| Unusable::Pattern(pattern.to_owned()))
    }

    /// Applies a subschema to a value.
    pub(crate) fn apply(
        &mut self,
        schema: &'a Value,
        value: &Value,
        at: &At<'_>,
    ) -> Result<Outcome, Unusable> {
        self.step(1)?;
        let mut outcome = Outcome::valid();
        let keywords = match schema {
            Value::Object(keywords) => keywords,
            Value::Bool(false) => {
                self.refuse(&mut outcome, at, "nothing is allowed here");
                return Ok(outcome);
            }
            Value::Bool(true) => return Ok(outcome),
            other => return Err(Unusable::Schema(format!("`{other}` is no schema"))),
        };
        let depth = at.depth.saturating_add(1);
        if depth > DEPTH {
            return Err(Unusable::Depth(DEPTH));
        }
        let id = keywords.get("$id").and_then(Value::as_str);
        let own_base = id.map(|id| resolve(at.base, id.trim_end_matches('#')));
        let base = own_base.as_deref().unwrap_or(at.base);
        let at = At { base, depth, place: at.place.clone(), is_told: at.is_told };

        values::check(self, keywords, value, &at, &mut outcome)?;
        self.refer(keywords, value, &at, &mut outcome)?;
        self.combine(keywords, value, &at, &mut outcome)?;
        match value {
            Value::Object(members) => objects::check(self, keywords, members, &at, &mut outcome)?,
            Value::Array(items) => arrays::check(self, keywords, items, &at, &mut outcome)?,
            _ => {}
        }
        Ok(outcome)
    }

    /// References. A dynamic one that depends on the way to it is for schemas of schemas.
    fn refer(
        &mut self,
        keywords: &'a Keywords,
        value: &Value,
        at: &At<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Unusable> {
        for name in ["$ref", "$dynamicRef"] {
            let Some(reference) = keywords.get(name).and_then(Value::as_str) else { continue };
            if name == "$dynamicRef" && !self.places.is_static(reference) {
                return Err(Unusable::Dynamic(reference.to_owned()));
            }
            let (target, base) = self.places.target(at.base, reference)?;
            let at =
                At { base: &base, depth: at.depth, place: at.place.clone(), is_told: at.is_told };
            outcome.and(self.apply(target, value, &at)?);
        }
        Ok(())
    }

    /// `allOf`, `anyOf`, `oneOf`, `not`, and `if` with `then` and `else`.
    fn combine(
        &mut self,
        keywords: &'a Keywords,
        value: &Value,
        at: &At<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), Unusable> {
        for schema in list(keywords, "allOf") {
            outcome.and(self.apply(schema, value, at)?);
        }
        for (name, may_be_more) in [("anyOf", true), ("oneOf", false)] {
            if !keywords.contains_key(name) {
                continue;
            }
            let mut fitting = 0_usize;
            for schema in list(keywords, name) {
                let found = self.apply(schema, value, &at.quietly())?;
                if found.is_valid {
                    fitting += 1;
                    outcome.and(found);
                }
            }
            if fitting == 0 {
                self.refuse(outcome, at, format!("it fits no alternative of `{name}`"));
            } else if fitting > 1 && !may_be_more {
                self.refuse(outcome, at, format!("it fits {fitting} alternatives of `{name}`"));
            }
        }
        if let Some(schema) = keywords.get("not")
            && self.apply(schema, value, &at.quietly())?.is_valid
        {
            self.refuse(outcome, at, "it is what `not` excludes");
        }
        let Some(condition) = keywords.get("if") else { return Ok(()) };
        let found = self.apply(condition, value, &at.quietly())?;
        let branch = if found.is_valid { "then" } else { "else" };
        if found.is_valid {
            outcome.and(found);
        }
        if let Some(schema) = keywords.get(branch) {
            outcome.and(self.apply(schema, value, at)?);
        }
        Ok(())
    }
}

/// The items of a keyword that has a list of subschemas.
pub(crate) fn list<'a>(keywords: &'a Keywords, name: &str) -> &'a [Value] {
    keywords.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The value of a keyword that bounds a number of things.
pub(crate) fn count(keywords: &Keywords, name: &str) -> Option<usize> {
    let value = keywords.get(name)?;
    let whole = value.as_u64().or_else(|| value.as_f64().filter(|f| *f >= 0.0).map(|f| f as u64));
    whole.map(|count| usize::try_from(count).unwrap_or(usize::MAX))
}
