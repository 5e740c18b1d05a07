//! Builds the components of `guest/`, composes them, and leaves them in `OUT_DIR`, with a list of
//! them in Rust for `src/sandbox/components.rs` to include.

use anyhow::{Context as _, Result, bail};
use sandbar_guest_builder::{Guest, build, compose, label};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A guest, and what its component is.
struct Part {
    guest: Guest,
    /// In a line, for those who look at files.
    summary: &'static str,
    /// For those who read the documentation.
    documentation: &'static str,
}

/// What imports the executor interface.
const CONSUMERS: [Part; 3] = [
    Part {
        guest: Guest { package: "sandbar-guest-mcp", component: "mcp" },
        summary: "the MCP client; imports sandbar:http/client",
        documentation: "The MCP client: what a session runs where this host dials. Also for \
                        compositions with another executor, or with a component in between.",
    },
    Part {
        guest: Guest { package: "sandbar-guest-fetch", component: "fetch" },
        summary: "HTTP exchanges; imports sandbar:http/client",
        documentation: "Exchanges with names alone: what a native embedder sends requests through.",
    },
    Part {
        guest: Guest { package: "sandbar-guest-serve", component: "serve" },
        summary: "the delta protocol's executor; imports sandbar:http/client",
        documentation: "The executor's end of the delta protocol alone.",
    },
];

/// What imports it, and is driven by this host alone: it is composed with no executor.
const DRIVEN: [Part; 1] = [Part {
    guest: Guest { package: "sandbar-guest-oauth", component: "oauth" },
    summary: "signing in; imports sandbar:http/client",
    documentation: "Signing in at authorization servers, step by step. Requests carry placeholders \
                    for secrets, which the host fills in.",
}];

/// What speaks to agents, and imports what the MCP client exports.
const PROXY: Part = Part {
    guest: Guest { package: "sandbar-guest-proxy", component: "proxy" },
    summary: "what speaks to an agent; imports sandbar:mcp/messages",
    documentation: "An MCP server on standard streams that is another server; without any way to a \
                    network of its own.",
};

/// The two of them: what a proxy runs where this host dials.
const PROXIED: Part = Part {
    guest: Guest { package: PROXY.guest.package, component: "proxy-mcp" },
    summary: "proxy + mcp; imports sandbar:http/client",
    documentation: "`proxy` with `mcp` as its way to the server.",
};

/// What judges results.
const SCHEMA: Part = Part {
    guest: Guest { package: "sandbar-guest-schema", component: "schema" },
    summary: "judges JSON by its schema; imports nothing",
    documentation: "Judges a JSON text by a JSON Schema. It can reach nothing.",
};

/// What exports it.
const EXECUTORS: [Part; 2] = [
    Part {
        guest: Guest { package: "sandbar-guest-local", component: "local" },
        summary: "an executor over wasi:http",
        documentation: "The executor over `wasi:http`. What is composed with it runs in any WASI \
                        0.3 host.",
    },
    Part {
        guest: Guest { package: "sandbar-guest-remote", component: "remote" },
        summary: "an executor over sandbar:executor/channel",
        documentation: "The executor over the delta protocol. What is composed with it has another \
                        dial, and no HTTP import at all.",
    },
];

/// What asks plugins: of exchanges, and of tools.
const ADAPTERS: [Part; 2] = [
    Part {
        guest: Guest { package: "sandbar-guest-plug-http", component: "plug-http" },
        summary: "makes of a plugin for HTTP what stands in front of an executor",
        documentation: "Makes of a plugin (`sandbar:plugin/http`) a component between a consumer of \
                        the executor interface and an executor.",
    },
    Part {
        guest: Guest { package: "sandbar-guest-plug-tools", component: "plug-tools" },
        summary: "makes of a plugin for tools what stands in front of the MCP client",
        documentation: "Makes of a plugin (`sandbar:plugin/tools`) a component between an MCP client \
                        and who uses it.",
    },
];

/// What the components are made of, relative to the workspace.
const SOURCES: [&str; 5] = ["Cargo.toml", "Cargo.lock", "guest", "protocol", "wit"];

fn main() -> Result<()> {
    let out_dir = PathBuf::from(std::env::var("OUT_DIR").context("cargo sets OUT_DIR")?);
    let workspace = Path::new("../..").canonicalize()?;
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", workspace.join(source).display());
    }
    let mut consumers = build(&workspace, &out_dir, &CONSUMERS.each_ref().map(|part| part.guest))?;
    let driven = build(&workspace, &out_dir, &DRIVEN.each_ref().map(|part| part.guest))?;
    let proxy = build(&workspace, &out_dir, &[PROXY.guest])?;
    let schema = build(&workspace, &out_dir, &[SCHEMA.guest])?;
    let executors = build(&workspace, &out_dir, &EXECUTORS.each_ref().map(|part| part.guest))?;
    let adapters = build(&workspace, &out_dir, &ADAPTERS.each_ref().map(|part| part.guest))?;
    let mut embedded = Embedded { out_dir, constants: String::new(), names: Vec::new() };
    let parts = CONSUMERS.iter().chain(&DRIVEN).chain(&EXECUTORS).chain(&ADAPTERS);
    let parts = parts.chain([&PROXY, &SCHEMA]);
    let built = consumers.iter().chain(&driven).chain(&executors).chain(&adapters);
    let built = built.chain(&proxy).chain(&schema);
    for (part, component) in parts.zip(built) {
        embedded.add(part.guest.component, part.summary, part.documentation, component)?;
    }
    let [mcp, ..] = consumers.as_slice() else { bail!("the MCP client was not built") };
    let [proxy] = proxy.as_slice() else { bail!("the proxy was not built") };
    consumers.push(compose(proxy, mcp)?);
    if let Some(proxied) = consumers.last() {
        let Part { guest, summary, documentation } = PROXIED;
        embedded.add(guest.component, summary, documentation, proxied)?;
    }
    for (consumer, importing) in CONSUMERS.iter().chain([&PROXIED]).zip(&consumers) {
        for (executor, exporting) in EXECUTORS.iter().zip(&executors) {
            let (consumer, executor) = (consumer.guest.component, executor.guest.component);
            let summary = format!("{consumer} + {executor}");
            let documentation = format!("`{consumer}` with `{executor}` as its executor.");
            let composed = compose(importing, exporting)?;
            embedded.add(&format!("{consumer}-{executor}"), &summary, &documentation, &composed)?;
        }
    }
    embedded.finish()
}

/// The components that have been written, and what is said of them.
struct Embedded {
    out_dir: PathBuf,
    constants: String,
    names: Vec<String>,
}

impl Embedded {
    fn add(
        &mut self,
        name: &str,
        summary: &str,
        documentation: &str,
        component: &[u8],
    ) -> Result<()> {
        let labelled = label(component, &format!("sandbar:{name}"), documentation)?;
        write(&self.out_dir.join(format!("{name}.wasm")), &labelled)?;
        let constant = name.replace('-', "_").to_uppercase();
        writeln!(
            self.constants,
            "#[doc = {documentation:?}]\n\
             pub const {constant}: Component = Component {{\n\
             name: {name:?},\n\
             summary: {summary:?},\n\
             bytes: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}.wasm\")),\n\
             }};"
        )?;
        self.names.push(constant);
        Ok(())
    }

    fn finish(mut self) -> Result<()> {
        let (count, names) = (self.names.len(), self.names.join(", "));
        writeln!(
            self.constants,
            "/// Everything that is embedded.\npub const ALL: [Component; {count}] = [{names}];"
        )?;
        write(&self.out_dir.join("components.rs"), self.constants.as_bytes())
    }
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    std::fs::write(path, content).with_context(|| format!("failed to write {}", path.display()))
}
