//! Where references lead (2020-12 Core, sections 8.2 and 9): within the schema, or nowhere.

use crate::Unusable;
use crate::limits::DEPTH;
use serde_json::Value;
use std::collections::HashMap;

/// The subschemas that have a name, by the reference to them.
pub(crate) struct Places<'a> {
    root: &'a Value,
    named: HashMap<String, &'a Value>,
    /// How often each dynamic anchor occurs.
    dynamic: HashMap<&'a str, usize>,
}

impl<'a> Places<'a> {
    /// Those of a schema.
    ///
    /// # Errors
    ///
    /// [`Unusable::Depth`].
    pub(crate) fn of(root: &'a Value) -> Result<Self, Unusable> {
        let mut places = Self { root, named: HashMap::new(), dynamic: HashMap::new() };
        places.find(root, "", DEPTH)?;
        Ok(places)
    }

    /// Notes the names in a value, which is part of what `base` names.
    fn find(&mut self, value: &'a Value, base: &str, depth: usize) -> Result<(), Unusable> {
        let depth = depth.checked_sub(1).ok_or(Unusable::Depth(DEPTH))?;
        match value {
            Value::Object(members) => {
                let text = |name: &str| members.get(name).and_then(Value::as_str);
                let id = text("$id").map(|id| resolve(base, id.trim_end_matches('#')));
                let base = id.as_deref().unwrap_or(base);
                if id.is_some() {
                    self.named.entry(base.to_owned()).or_insert(value);
                }
                for anchor in ["$anchor", "$dynamicAnchor"].into_iter().filter_map(text) {
                    self.named.entry(format!("{base}#{anchor}")).or_insert(value);
                }
                if let Some(anchor) = text("$dynamicAnchor") {
                    *self.dynamic.entry(anchor).or_default() += 1;
                }
                // What is compared is no schema, whatever it looks like.
                let mut schemas =
                    members.iter().filter(|(name, _)| *name != "const" && *name != "enum");
                schemas.try_for_each(|(_, member)| self.find(member, base, depth))
            }
            Value::Array(items) => items.iter().try_for_each(|item| self.find(item, base, depth)),
            _ => Ok(()),
        }
    }

    /// Whether a dynamic reference leads where it does whatever the way to it was.
    pub(crate) fn is_static(&self, reference: &str) -> bool {
        let anchor = reference.rsplit('#').next().unwrap_or_default();
        self.dynamic.get(anchor).is_none_or(|count| *count < 2)
    }

    /// What a reference leads to, from a subschema within what `base` names.
    ///
    /// # Errors
    ///
    /// [`Unusable::Reference`].
    pub(crate) fn target(
        &self,
        base: &str,
        reference: &str,
    ) -> Result<(&'a Value, String), Unusable> {
        let resolved = resolve(base, reference);
        let (document, fragment) = resolved.split_once('#').unwrap_or((&resolved, ""));
        let of_document = match document {
            "" => Some(self.root),
            named => self.named.get(named).copied(),
        };
        let found = match fragment {
            "" => of_document,
            pointer if pointer.starts_with('/') => {
                of_document.and_then(|schema| schema.pointer(&decoded(pointer)))
            }
            _anchor => self.named.get(resolved.as_str()).copied(),
        };
        let found = found.filter(|found| found.is_object() || found.is_boolean());
        found
            .map(|found| (found, document.to_owned()))
            .ok_or_else(|| Unusable::Reference(reference.to_owned()))
    }
}

/// A reference against a base (RFC 3986 section 5.2), as far as names within one document need it.
pub(crate) fn resolve(base: &str, reference: &str) -> String {
    if reference.starts_with('#') {
        return format!("{base}{reference}");
    }
    let is_absolute = reference.split_once(':').is_some_and(|(scheme, _)| {
        !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    if is_absolute || base.is_empty() {
        return reference.to_owned();
    }
    let authority_ends = base.find("://").map_or(0, |at| {
        let rest = at.saturating_add(3);
        base.get(rest..).and_then(|rest| rest.find('/')).map_or(base.len(), |slash| rest + slash)
    });
    let kept = match reference.starts_with('/') {
        true => authority_ends,
        false => base.rfind('/').map_or(0, |slash| slash + 1).max(authority_ends),
    };
    format!("{}{reference}", base.get(..kept).unwrap_or_default())
}

/// A fragment without its percent-encoding (RFC 3986 section 2.1); what is none stays.
fn decoded(fragment: &str) -> String {
    let mut bytes = Vec::with_capacity(fragment.len());
    let mut rest = fragment.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let coded = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = coded.and_then(|two| u8::from_str_radix(two, 16).ok()).filter(|_| first == b'%');
        rest = after.get(if byte.is_some() { 2 } else { 0 }..).unwrap_or_default();
        bytes.push(byte.unwrap_or(first));
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
