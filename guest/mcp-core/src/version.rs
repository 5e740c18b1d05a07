//! Protocol versions and the two eras they fall into (2026-07-28, "Versioning: Terminology").

/// The two incompatible families of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// 2026-07-28 and later: stateless, no handshake.
    Modern,
    /// 2025-11-25 and earlier: `initialize`, sessions.
    Legacy,
}

/// Modern versions this client speaks, newest first.
const MODERN: &[&str] = &["2026-07-28"];

/// Legacy versions this client speaks, newest first.
const LEGACY: &[&str] = &["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

/// The modern version to try first.
pub(crate) const NEWEST_MODERN: &str = "2026-07-28";

/// The version that `initialize` offers.
pub(crate) const NEWEST_LEGACY: &str = "2025-11-25";

/// The only version of the transport "HTTP with SSE".
pub(crate) const OLDEST_LEGACY: &str = "2024-11-05";

/// The first version that defines the `MCP-Protocol-Version` field.
const FIRST_WITH_VERSION_FIELD: &str = "2025-06-18";

/// The newest modern version that both sides speak.
pub(crate) fn common_modern(offered: &[String]) -> Option<&'static str> {
    MODERN.iter().copied().find(|version| offered.iter().any(|offer| offer == version))
}

/// This client's spelling of a legacy version it speaks.
pub(crate) fn known_legacy(version: &str) -> Option<&'static str> {
    LEGACY.iter().copied().find(|known| *known == version)
}

/// Whether a text names a version of the protocol.
pub(crate) fn is_named_in(text: &str) -> bool {
    MODERN.iter().chain(LEGACY).any(|version| text.contains(version))
}

/// Whether requests of this version carry `MCP-Protocol-Version`.
pub(crate) fn has_version_field(version: &str) -> bool {
    // Versions are ISO dates, so the order of strings is the order of time.
    version >= FIRST_WITH_VERSION_FIELD
}
