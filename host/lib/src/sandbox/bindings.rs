//! Bindings to the interfaces of `wit/`, generated. One module for each kind of component that is
//! hosted; the types of `sandbar:http` are those of `sandbar_exchange`.

/// `sandbar:http/types`, which has types and no functions: the traits and the linking that generated
/// code asks of every interface have nothing to do.
#[expect(unreachable_pub, dead_code, reason = "generated code names them")]
pub mod vocabulary {
    pub use sandbar_exchange::*;
    use wasmtime::component::{HasData, Linker};

    pub trait Host {}
    impl<T> Host for T {}

    pub trait HostWithStore<T>: HasData {}
    impl<T, D: HasData> HostWithStore<T> for D {}

    pub fn add_to_linker<T, D: HasData>(
        _: &mut Linker<T>,
        _: fn(&mut T) -> D::Data<'_>,
    ) -> wasmtime::Result<()> {
        Ok(())
    }
}

/// What consumers of the executor interface import: in a module of its own, since what holds a stream
/// cannot be compared.
mod exchanging {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package sandbar:host;
            world exchanging {
                import sandbar:http/client@0.2.0;
            }
        ",
        world: "sandbar:host/exchanging",
        imports: { default: async | store | trappable },
        with: {
            "sandbar:http/types@0.2.0": crate::sandbox::bindings::vocabulary,
            "sandbar:http/client@0.2.0.exchange": crate::sandbox::imports::http::Hold,
        },
    });
}

#[expect(missing_docs, reason = "generated code")]
mod embedding {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package sandbar:host;
            world embedding {
                import sandbar:http/client@0.2.0;
                import sandbar:executor/channel@0.2.0;
                export sandbar:mcp/client@0.2.0;
            }
        ",
        world: "sandbar:host/embedding",
        imports: { default: async | store | trappable },
        exports: { default: async | store },
        additional_derives: [PartialEq],
        with: {
            "sandbar:http/types@0.2.0": crate::sandbox::bindings::vocabulary,
            "sandbar:http/client@0.2.0": crate::sandbox::bindings::client,
        },
    });
}

mod fetching {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package sandbar:host;
            world fetching {
                export sandbar:http/exchanges@0.2.0;
            }
        ",
        world: "sandbar:host/fetching",
        exports: { default: async | store },
        with: { "sandbar:http/types@0.2.0": crate::sandbox::bindings::vocabulary },
    });
}

mod serving {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package sandbar:host;
            world serving {
                export sandbar:executor/server@0.2.0;
            }
        ",
        world: "sandbar:host/serving",
        exports: { default: async | store },
    });
}

mod proxying {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package sandbar:host;
            world proxying {
                export sandbar:mcp/stdio@0.2.0;
            }
        ",
        world: "sandbar:host/proxying",
        exports: { default: async | store },
        with: {
            "sandbar:http/types@0.2.0": crate::sandbox::bindings::vocabulary,
            "sandbar:mcp/types@0.2.0": crate::sandbox::bindings::embedding::sandbar::mcp::types,
        },
    });
}

mod logging_in {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package sandbar:host;
            world logging-in {
                export sandbar:auth/login@0.2.0;
            }
        ",
        world: "sandbar:host/logging-in",
        exports: { default: async | store },
        with: { "sandbar:http/types@0.2.0": crate::sandbox::bindings::vocabulary },
    });
}

/// What a plugin exports, each interface in a world of its own: a plugin need not have both.
mod http_plugin {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "sandbar:plugin/http-plugin",
        exports: { default: async },
        with: { "sandbar:http/types@0.2.0": crate::sandbox::bindings::vocabulary },
    });
}

mod tools_plugin {
    wasmtime::component::bindgen!({
        path: "../../wit",
        world: "sandbar:plugin/tools-plugin",
        exports: { default: async },
        with: {
            "sandbar:http/types@0.2.0": crate::sandbox::bindings::vocabulary,
            "sandbar:mcp/types@0.2.0": crate::sandbox::bindings::mcp,
        },
    });
}

mod validating {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "
            package sandbar:host;
            world validating {
                export sandbar:schema/validator@0.1.0;
            }
        ",
        world: "sandbar:host/validating",
        exports: { default: async },
    });
}

pub(crate) use embedding::exports::sandbar::mcp::client::GuestSession as SessionExports;
pub(crate) use embedding::sandbar::executor::channel;
#[expect(unreachable_pub, reason = "generated code re-exports it")]
pub use embedding::sandbar::mcp::types as mcp;
pub(crate) use embedding::{Embedding, EmbeddingPre};
#[expect(unreachable_pub, reason = "generated code re-exports it")]
pub use exchanging::sandbar::http::client;
pub(crate) use fetching::exports::sandbar::http::exchanges;
pub(crate) use fetching::{Fetching, FetchingPre};
pub(crate) use http_plugin::{HttpPlugin, HttpPluginIndices};
pub(crate) use logging_in::exports::sandbar::auth::login;
pub(crate) use logging_in::{LoggingIn, LoggingInPre};
pub(crate) use proxying::{Proxying, ProxyingPre};
pub(crate) use serving::exports::sandbar::executor::server::Connection as ServedConnection;
pub(crate) use serving::{Serving, ServingPre};
pub(crate) use tools_plugin::exports::sandbar::plugin::tools as plugin_tools;
pub(crate) use tools_plugin::{ToolsPlugin, ToolsPluginIndices};
pub(crate) use validating::exports::sandbar::schema::validator;
pub(crate) use validating::{Validating, ValidatingPre};
