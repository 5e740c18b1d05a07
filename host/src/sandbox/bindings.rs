//! Bindings to the worlds of `wit/`, generated.

#[expect(missing_docs, reason = "generated code")]
mod generated {
    wasmtime::component::bindgen!({
        path: ["../wit/http", "../wit/mcp"],
        inline: "
            package sandbar:host;
            world embedding {
                import sandbar:mcp/embedder@0.1.0;
                export sandbar:mcp/client@0.1.0;
            }
        ",
        world: "sandbar:host/embedding",
        imports: { default: async | store | trappable },
        exports: { default: async | store },
        additional_derives: [PartialEq],
    });
}

pub(crate) use generated::exports::sandbar::mcp::client::Guest as McpClient;
pub(crate) use generated::sandbar::http::types as http;
pub(crate) use generated::sandbar::mcp::{embedder, types as mcp};
pub(crate) use generated::{Embedding, EmbeddingPre};
