//! What stands for a secret in a request, until whoever holds the secret fills it in. Each is made of
//! characters that no encoding of forms or header fields changes.

/// The verifier of PKCE (RFC 7636 section 4.1).
pub const CODE_VERIFIER: &str = "sandbar_placeholder_code_verifier";
/// The secret of the client.
pub const CLIENT_SECRET: &str = "sandbar_placeholder_client_secret";
/// The credentials of HTTP Basic (RFC 6749 section 2.3.1).
pub const CLIENT_BASIC: &str = "sandbar_placeholder_client_basic";
/// The refresh token.
pub const REFRESH_TOKEN: &str = "sandbar_placeholder_refresh_token";
/// The assertion of a grant (RFC 7521 section 4.1).
pub const ASSERTION: &str = "sandbar_placeholder_assertion";
/// The token that is exchanged (RFC 8693 section 2.1).
pub const SUBJECT_TOKEN: &str = "sandbar_placeholder_subject_token";
/// The assertion that says who the client is (RFC 7523 section 2.2).
pub const CLIENT_ASSERTION: &str = "sandbar_placeholder_client_assertion";
