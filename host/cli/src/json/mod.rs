//! JSON that is passed on as it was written.

mod object;
mod text;

pub(crate) use object::JsonObject;
pub(crate) use text::JsonText;
