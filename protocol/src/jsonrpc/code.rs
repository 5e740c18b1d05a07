//! Error codes (JSON-RPC 2.0 section 5.1).

/// The message is not JSON-RPC, or comes at the wrong moment of the handshake.
pub const INVALID_REQUEST: i64 = -32600;

/// The method is not one that the peer implements.
pub const METHOD_NOT_FOUND: i64 = -32601;

/// The parameters are not those of the method, or ask for what can never be done.
pub const INVALID_PARAMS: i64 = -32602;

/// The method was tried and failed. Clients repeat a call that failed so before its head.
pub const INTERNAL_ERROR: i64 = -32603;
