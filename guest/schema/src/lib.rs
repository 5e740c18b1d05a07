//! The `schema` component: validation in a sandbox of its own, which can reach nothing.

/// Generated from `wit/`.
#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    clippy::allow_attributes_without_reason,
    reason = "generated code, differently linted on each target"
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "sandbar:components/schema",
        generate_all,
    });
}

use bindings::exports::sandbar::schema::validator::{Guest, Violation};

struct Schema;

impl Guest for Schema {
    fn validate(schema: String, instance: String) -> Result<Vec<Violation>, String> {
        let found = sandbar_schema_core::validate(&schema, &instance);
        let found = found.map_err(|error| error.to_string())?;
        let violation = |found: sandbar_schema_core::Violation| Violation {
            place: found.place,
            problem: found.problem,
        };
        Ok(found.into_iter().map(violation).collect())
    }
}

bindings::export!(Schema with_types_in bindings);
