//! The `inputSchema` of a tool, as far as a command line needs it.

use crate::arguments::Parameter;
use crate::arguments::types::{JsonType, JsonTypes};
use crate::limits::SCHEMA_REFERENCES;
use serde_json::Value;

/// A JSON Schema. It came from a server: every question has an answer, whatever it holds.
#[derive(Clone, Debug)]
pub(crate) struct InputSchema(Value);

impl InputSchema {
    /// Reads a schema. A text that is none describes nothing.
    pub(crate) fn parse(text: &str) -> Self {
        Self(serde_json::from_str(text).unwrap_or(Value::Null))
    }

    /// The types that a property may have; none if there is no such property.
    pub(crate) fn types(&self, name: &str) -> Option<JsonTypes> {
        let property = self.0.get("properties")?.get(name)?;
        let mut types = JsonTypes::default();
        let mut references = SCHEMA_REFERENCES;
        self.collect(property, &mut references, &mut types);
        Some(types)
    }

    /// The names of the properties.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let properties = self.0.get("properties").and_then(Value::as_object);
        properties.into_iter().flat_map(|properties| properties.keys().map(String::as_str))
    }

    /// The names of the properties that must be there.
    pub(crate) fn required(&self) -> impl Iterator<Item = &str> {
        let required = self.0.get("required").and_then(Value::as_array);
        required.into_iter().flatten().filter_map(Value::as_str)
    }

    /// Whether a name may be given that the schema does not list. A schema that says nothing of
    /// them allows them, and hardly ever means it: a typing error is far more likely. So it has
    /// to say so, or list nothing at all.
    pub(crate) fn is_open(&self) -> bool {
        match self.0.get("additionalProperties") {
            Some(Value::Bool(open)) => *open,
            Some(_schema) => true,
            None => self.names().next().is_none(),
        }
    }

    /// The properties, for people; those that are required first.
    pub(crate) fn parameters(&self) -> Vec<Parameter> {
        let mut parameters: Vec<_> = self
            .names()
            .map(|name| Parameter {
                name: name.to_owned(),
                kind: self.types(name).unwrap_or_default().to_string(),
                required: self.required().any(|required| required == name),
                description: self.description(name),
            })
            .collect();
        parameters.sort_by_key(|parameter| !parameter.required);
        parameters
    }

    fn description(&self, name: &str) -> Option<String> {
        let property = self.0.get("properties")?.get(name)?;
        property.get("description")?.as_str().map(str::to_owned)
    }

    /// Adds the types that `schema` allows. References are counted, not nested: a schema in which
    /// each leads to a hundred others ends as well.
    fn collect(&self, schema: &Value, references: &mut usize, types: &mut JsonTypes) {
        match schema.get("type") {
            Some(Value::String(name)) => {
                JsonType::named(name).into_iter().for_each(|t| types.add(t))
            }
            Some(Value::Array(names)) => {
                let named = names.iter().filter_map(|name| JsonType::named(name.as_str()?));
                named.for_each(|t| types.add(t));
            }
            _ => self.collect_indirect(schema, references, types),
        }
    }

    /// The types of a schema that does not name them itself.
    fn collect_indirect(&self, schema: &Value, references: &mut usize, types: &mut JsonTypes) {
        let values = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
        for value in values.chain(schema.get("const")) {
            types.add(JsonType::of(value));
        }
        for keyword in ["anyOf", "oneOf", "allOf"] {
            let parts = schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
            parts.for_each(|part| self.collect(part, references, types));
        }
        let target = schema.get("$ref").and_then(Value::as_str);
        if let Some(pointer) = target.and_then(|target| target.strip_prefix('#'))
            && let Some(target) = self.0.pointer(pointer)
            && *references > 0
        {
            *references -= 1;
            self.collect(target, references, types);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn types(property: &str) -> String {
        let text = format!(
            r##"{{"properties":{{"p":{property}}},"$defs":{{"mode":{{"enum":["a","b"]}},
                "loop":{{"anyOf":[{{"$ref":"#/$defs/loop"}},{{"$ref":"#/$defs/loop"}}]}}}}}}"##
        );
        InputSchema::parse(&text).types("p").unwrap().to_string()
    }

    /// Catches a reader that only knows `"type": "integer"`: generated schemas say "an integer or
    /// null" in two other ways, and refer to definitions.
    #[test]
    fn types_are_found_wherever_generators_put_them() {
        assert_eq!(types(r#"{"type":"integer"}"#), "integer");
        assert_eq!(types(r#"{"type":["integer","null"]}"#), "integer|null");
        assert_eq!(types(r#"{"anyOf":[{"type":"number"},{"type":"null"}]}"#), "number|null");
        assert_eq!(types(r##"{"$ref":"#/$defs/mode"}"##), "string");
        assert_eq!(types(r#"{"const":5}"#), "integer");
    }

    /// Catches a schema that a server wrote to hang or crash its reader.
    #[test]
    fn hostile_schemas_describe_nothing_and_end() {
        assert_eq!(types(r##"{"$ref":"#/$defs/loop"}"##), "any");
        assert_eq!(types(r##"{"$ref":"#"}"##), "any");
        assert_eq!(types(r#"{"type":{"type":7}}"#), "any");
        assert_eq!(types("true"), "any");
        for text in ["", "[]", "true", r#"{"properties":[],"required":{}}"#] {
            let schema = InputSchema::parse(text);
            assert_eq!((schema.names().count(), schema.required().count()), (0, 0), "{text}");
        }
    }

    /// Catches a reader that takes the default of JSON Schema at its word.
    #[test]
    fn only_a_schema_that_says_so_is_open() {
        let open =
            |rest: &str| InputSchema::parse(&format!(r#"{{"type":"object"{rest}}}"#)).is_open();
        assert!(open(""));
        assert!(open(r#","properties":{"a":{}},"additionalProperties":true"#));
        assert!(open(r#","properties":{"a":{}},"additionalProperties":{"type":"string"}"#));
        assert!(!open(r#","properties":{"a":{}}"#));
        assert!(!open(r#","additionalProperties":false"#));
    }
}
