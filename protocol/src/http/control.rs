use alloc::string::String;

use serde::{Deserialize, Serialize};

/// The parameters of `http/request/cancel`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CancelParams {
    pub(crate) request_id: String,
}

/// The parameters of `http/request/credit`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CreditParams {
    pub(crate) request_id: String,
    /// Bytes that may be sent beyond what was granted so far.
    pub(crate) bytes: u64,
}
