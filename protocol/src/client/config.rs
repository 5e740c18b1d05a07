use alloc::string::String;

use crate::extensions::Extensions;

/// What a session has to be told.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// How the client calls itself.
    pub client_name: String,
    /// Extensions to offer.
    pub extensions: Extensions,
}
