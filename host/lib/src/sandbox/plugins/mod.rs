//! Plugins: components of the operator's that see, change or deny what a session sends and gets.
//!
//! Each runs in a store of its own, in an engine that all plugins of a process share, and is called
//! through the imports of the adapters `plug-http` and `plug-tools`, which the client is composed
//! with. So a plugin is compiled once, whatever it is combined with; what it uses and breaks is its
//! own; and whoever dials, it is asked first.
//!
//! | what | where |
//! |---|---|
//! | a plugin as it is given | [`plugin`], with what it may have: [`grant`] |
//! | compiling it, once, and whether it is one | [`plugins`], [`loaded`] |
//! | those of a session, and their instances in their order | [`selection`], [`instance`], [`chain`] |
//! | what it may use | [`limits`] |
//! | what is wrong with one | [`error`] |

pub(crate) mod chain;
pub(crate) mod error;
pub(crate) mod grant;
pub(crate) mod instance;
pub(crate) mod limits;
pub(crate) mod loaded;
pub(crate) mod plugin;
#[expect(clippy::module_inception, reason = "it is what the room is about")]
pub(crate) mod plugins;
pub(crate) mod selection;
