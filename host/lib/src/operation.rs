//! What a session can be asked: with a typed answer, or with the text that the server wrote.

use crate::sandbox::bindings::mcp::{
    CallOptions, Error, PromptPage, PromptResult, ResourceContents, ResourcePage, ToolPage,
    ToolResult,
};
use crate::sandbox::session::{McpSession, Outcome};
use crate::sandbox::state::State;
use futures::future::BoxFuture;
use serde_json::value::RawValue;
use wasmtime::component::Accessor;

/// An answer on its way.
pub(crate) type Answering<'a, T> = BoxFuture<'a, wasmtime::Result<Outcome<T>>>;

/// A call of an export of the session, with its arguments.
pub(crate) trait Operation<T>: Send {
    /// Makes the call.
    fn call<'a>(
        self: Box<Self>,
        accessor: &'a Accessor<State>,
        context: &'a McpSession,
        options: CallOptions,
    ) -> Answering<'a, T>;

    /// The same request without a typed answer.
    fn untyped(self: Box<Self>) -> Untyped;
}

/// `session.request`.
pub(crate) struct Untyped {
    pub(crate) method: String,
    /// The text of a JSON object.
    pub(crate) params: Result<Option<String>, InvalidArguments>,
}

/// Why the caller's arguments make no parameters.
#[derive(Debug)]
pub(crate) struct InvalidArguments(String);

impl Operation<String> for Untyped {
    fn call<'a>(
        self: Box<Self>,
        accessor: &'a Accessor<State>,
        context: &'a McpSession,
        options: CallOptions,
    ) -> Answering<'a, String> {
        Box::pin(async move {
            let params = match self.params {
                Ok(params) => params,
                Err(InvalidArguments(what)) => return Ok(Err(Error::InvalidParams(what))),
            };
            let exports = context.exports();
            exports.call_request(accessor, context.session, self.method, params, options).await
        })
    }

    fn untyped(self: Box<Self>) -> Untyped {
        *self
    }
}

macro_rules! operation {
    ($name:ident { $($field:ident: $type:ty),+ } -> $answer:ty,
     $export:ident, $method:literal, $params:expr) => {
        #[doc = concat!("`", $method, "`.")]
        pub(crate) struct $name {
            $(pub(crate) $field: $type),+
        }

        impl Operation<$answer> for $name {
            fn call<'a>(
                self: Box<Self>,
                accessor: &'a Accessor<State>,
                context: &'a McpSession,
                options: CallOptions,
            ) -> Answering<'a, $answer> {
                let Self { $($field),+ } = *self;
                Box::pin(async move {
                    let exports = context.exports();
                    exports.$export(accessor, context.session, $($field,)+ options).await
                })
            }

            fn untyped(self: Box<Self>) -> Untyped {
                let params: fn($($type),+) -> Result<Option<String>, InvalidArguments> = $params;
                Untyped { method: $method.to_owned(), params: params($(self.$field),+) }
            }
        }
    };
}

operation!(CallTool { name: String, arguments: Option<String> } -> ToolResult,
    call_call_tool, "tools/call", named);
operation!(GetPrompt { name: String, arguments: Option<String> } -> PromptResult,
    call_get_prompt, "prompts/get", named);
operation!(ReadResource { uri: String } -> Vec<ResourceContents>,
    call_read_resource, "resources/read", |uri| Ok(Some(format!(r#"{{"uri":{}}}"#, quoted(uri)))));
operation!(ListTools { cursor: Option<String> } -> ToolPage,
    call_list_tools, "tools/list", paged);
operation!(ListResources { cursor: Option<String> } -> ResourcePage,
    call_list_resources, "resources/list", paged);
operation!(ListPrompts { cursor: Option<String> } -> PromptPage,
    call_list_prompts, "prompts/list", paged);

fn quoted(text: String) -> String {
    serde_json::Value::from(text).to_string()
}

#[expect(clippy::unnecessary_wraps, reason = "one of several ways to make parameters")]
fn paged(cursor: Option<String>) -> Result<Option<String>, InvalidArguments> {
    Ok(cursor.map(|cursor| format!(r#"{{"cursor":{}}}"#, quoted(cursor))))
}

/// The arguments stay as the caller wrote them, so that nothing of them may end their member early.
fn named(name: String, arguments: Option<String>) -> Result<Option<String>, InvalidArguments> {
    let name = quoted(name);
    let Some(arguments) = arguments else { return Ok(Some(format!(r#"{{"name":{name}}}"#))) };
    let invalid = |what| InvalidArguments(format!("`arguments` is not a JSON object: {what}"));
    let parsed: &RawValue =
        serde_json::from_str(&arguments).map_err(|error| invalid(error.to_string()))?;
    if !parsed.get().starts_with('{') {
        return Err(invalid(format!("it begins with `{:.10}`", parsed.get())));
    }
    Ok(Some(format!(r#"{{"name":{name},"arguments":{}}}"#, parsed.get())))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn untyped<T>(
        operation: impl Operation<T>,
    ) -> (String, Result<Option<String>, InvalidArguments>) {
        let Untyped { method, params } = Box::new(operation).untyped();
        (method, params)
    }

    /// Catches parameters that the two forms of a request do not have in common.
    #[test]
    fn a_request_without_types_asks_the_same() {
        let name = "a \"b\"".to_owned();
        let arguments = Some(r#" {"n": 1.0} "#.to_owned());
        let expected = r#"{"name":"a \"b\"","arguments":{"n": 1.0}}"#;
        let (method, params) = untyped(CallTool { name: name.clone(), arguments });
        assert_eq!((method.as_str(), params.unwrap().unwrap().as_str()), ("tools/call", expected));
        let (method, params) = untyped(GetPrompt { name, arguments: None });
        let expected = r#"{"name":"a \"b\""}"#;
        assert_eq!((method.as_str(), params.unwrap().unwrap().as_str()), ("prompts/get", expected));
        let (method, params) = untyped(ReadResource { uri: "a:b".to_owned() });
        let expected = r#"{"uri":"a:b"}"#;
        assert_eq!(
            (method.as_str(), params.unwrap().unwrap().as_str()),
            ("resources/read", expected)
        );
        let (method, params) = untyped(ListTools { cursor: None });
        assert_eq!((method.as_str(), params.unwrap()), ("tools/list", None));
        let (_, params) = untyped(ListPrompts { cursor: Some("c\\".to_owned()) });
        assert_eq!(params.unwrap().unwrap(), r#"{"cursor":"c\\"}"#);
        let (method, _) = untyped(ListResources { cursor: None });
        assert_eq!(method, "resources/list");
    }

    /// Catches arguments that add members beside themselves.
    #[test]
    fn arguments_that_are_no_object_are_the_callers_mistake() {
        for arguments in [r#"{},"name":"other""#, "[1]", "7", "", "{"] {
            let arguments = Some(arguments.to_owned());
            let (_, params) = untyped(CallTool { name: "t".to_owned(), arguments });
            assert!(matches!(params, Err(InvalidArguments(_))), "{params:?}");
        }
    }
}
