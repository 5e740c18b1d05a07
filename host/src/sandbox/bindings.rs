//! Bindings to the interfaces of `wit/`, generated. One module for each kind of
//! component that is hosted; the types of `sandbar:http` are shared.

#[expect(missing_docs, reason = "generated code")]
mod embedding {
    wasmtime::component::bindgen!({
        path: ["../wit/http", "../wit/mcp", "../wit/executor"],
        inline: "
            package sandbar:host;
            world embedding {
                import sandbar:mcp/embedder@0.1.0;
                import sandbar:executor/channel@0.1.0;
                export sandbar:mcp/client@0.1.0;
            }
        ",
        world: "sandbar:host/embedding",
        imports: { default: async | store | trappable },
        exports: { default: async | store },
        additional_derives: [PartialEq],
    });
}

mod fetching {
    wasmtime::component::bindgen!({
        path: ["../wit/http"],
        inline: "
            package sandbar:host;
            world fetching {
                export sandbar:http/exchanges@0.1.0;
            }
        ",
        world: "sandbar:host/fetching",
        exports: { default: async | store },
        with: { "sandbar:http/types@0.1.0": super::embedding::sandbar::http::types },
    });
}

mod serving {
    wasmtime::component::bindgen!({
        path: ["../wit/executor"],
        inline: "
            package sandbar:host;
            world serving {
                export sandbar:executor/server@0.1.0;
            }
        ",
        world: "sandbar:host/serving",
        exports: { default: async | store },
    });
}

pub(crate) use embedding::exports::sandbar::mcp::client::Guest as McpClient;
pub(crate) use embedding::sandbar::executor::channel;
pub(crate) use embedding::sandbar::http::types as http;
pub(crate) use embedding::sandbar::mcp::{embedder, types as mcp};
pub(crate) use embedding::{Embedding, EmbeddingPre};
pub(crate) use fetching::{Fetching, FetchingPre};
pub(crate) use serving::exports::sandbar::executor::server::Connection as ServedConnection;
pub(crate) use serving::{Serving, ServingPre};
