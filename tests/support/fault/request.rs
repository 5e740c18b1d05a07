//! A request as the fault server received it.

use serde_json::Value;

/// One complete request, header fields in the order and the spelling of the wire.
#[derive(Clone, Debug)]
pub(crate) struct RecordedRequest {
    /// Which connection it came on, counted from 0.
    pub(crate) connection: usize,
    /// The request method.
    pub(crate) method: String,
    /// The request target, exactly as sent.
    pub(crate) target: String,
    /// Header fields, repeats included.
    pub(crate) fields: Vec<(String, Vec<u8>)>,
    /// The content, after removal of any chunked coding.
    pub(crate) body: Vec<u8>,
}

impl RecordedRequest {
    /// The value of the first field with this name, in any case, if it is UTF-8.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let (_, value) =
            self.fields.iter().find(|(candidate, _)| candidate.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(value).ok()
    }

    /// The body as JSON, or `null` when it is none.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The JSON-RPC method, if the body has one.
    pub(crate) fn rpc_method(&self) -> Option<String> {
        Some(self.json().get("method")?.as_str()?.to_owned())
    }

    /// The JSON-RPC method, or the request method where the body has none.
    pub(crate) fn operation(&self) -> String {
        self.rpc_method().unwrap_or_else(|| self.method.clone())
    }

    /// The JSON-RPC id, if the body has one: notifications have none.
    pub(crate) fn rpc_id(&self) -> Option<Value> {
        self.json().get("id").cloned()
    }
}
