//! What a legacy agent is told of a modern server: its `DiscoverResult`, as an `InitializeResult`.

use super::Bridge;
use sandbar_mcp_core::CallId;
use sandbar_mcp_core::message::{
    Id, ObjectText, Picked, each_item, quoted, read_string, write_object,
};

/// The legacy versions, the newest first.
const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

impl Bridge {
    pub(super) fn is_probe(&self, call: CallId) -> bool {
        self.probe.as_ref().is_some_and(|probe| probe.call == call)
    }

    /// What the agent hears if there is no such server after all; none once there is.
    pub(crate) fn refusal(&mut self, call: CallId) -> Option<String> {
        self.probe.take_if(|probe| probe.call == call).map(|probe| probe.refused)
    }

    /// Takes what the server says of itself, and returns the answer to `initialize`. None where it is of
    /// another version than this bridge leads to.
    pub(super) fn introduced(&mut self, id: &Id, result: &str) -> Option<String> {
        let names = ["supportedVersions", "capabilities", "serverInfo", "instructions", "_meta"];
        let [versions, capabilities, info, instructions, meta] =
            Picked::from(result, names).ok()?.values;
        let mut is_spoken = versions.is_none();
        let _ = each_item(versions?, &mut |version| is_spoken |= version == super::VERSION);
        if !is_spoken {
            return None;
        }
        self.probe = None;
        let in_meta = || {
            let [info] = Picked::from(meta?, ["io.modelcontextprotocol/serverInfo"]).ok()?.values;
            info
        };
        // Extensions are of the modern era.
        let capabilities = ObjectText::parse(capabilities.unwrap_or("{}")).ok()?;
        let capabilities = capabilities.replacing(&[("extensions", None)]);
        self.listening.expect(capabilities.as_str());
        let offered = self.offered.as_deref().filter(|offered| LEGACY.contains(offered));
        let version = quoted(offered.unwrap_or(LEGACY[0]));
        let mut members = vec![
            ("protocolVersion", version.as_str()),
            ("capabilities", capabilities.as_str()),
            ("serverInfo", info.or_else(in_meta).unwrap_or(r#"{"name":"unknown","version":""}"#)),
        ];
        members.extend(
            instructions
                .filter(|text| read_string(text).is_some())
                .map(|text| ("instructions", text)),
        );
        let mut result = String::new();
        write_object(&mut result, &members);
        let mut out = String::new();
        let members = [("jsonrpc", "\"2.0\""), ("id", id.as_json()), ("result", result.as_str())];
        write_object(&mut out, &members);
        Some(crate::proxy::one_line(out))
    }
}
