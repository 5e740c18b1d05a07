//! The contracts of `wit/`, as the shipped components have them.

use sandbar::components;
use wasmtime::component::Component;
use wasmtime::component::types::{ComponentFunc, ComponentItem, Type};
use wasmtime::{Config, Engine};

/// Flat values that the parameters of a call may have before they are passed in a block of memory
/// (`MAX_FLAT_PARAMS` of the canonical ABI).
const MOST_FLAT: usize = 16;

fn flat_values(function: &ComponentFunc) -> usize {
    function.params().map(|(_, parameter)| flat(&parameter)).sum()
}

/// Into how many core values a value is flattened.
fn flat(value: &Type) -> usize {
    let widest = |cases: &mut dyn Iterator<Item = Option<Type>>| {
        1 + cases.map(|case| case.as_ref().map_or(0, flat)).max().unwrap_or(0)
    };
    match value {
        Type::String | Type::List(_) | Type::Map(_) => 2,
        Type::Record(record) => record.fields().map(|field| flat(&field.ty)).sum(),
        Type::Tuple(tuple) => tuple.types().map(|item| flat(&item)).sum(),
        Type::Variant(variant) => widest(&mut variant.cases().map(|case| case.ty)),
        Type::Option(option) => widest(&mut [Some(option.ty())].into_iter()),
        Type::Result(result) => widest(&mut [result.ok(), result.err()].into_iter()),
        Type::FixedLengthList(_) | Type::Flags(_) => panic!("no contract has one yet: {value:?}"),
        _ => 1,
    }
}

/// Every async function of every interface that a component exports.
fn async_exports(engine: &Engine, component: &Component) -> Vec<(String, ComponentFunc)> {
    let mut functions = Vec::new();
    for (interface, item) in component.component_type().exports(engine) {
        let ComponentItem::ComponentInstance(instance) = item.ty else { continue };
        for (name, item) in instance.exports(engine) {
            match item.ty {
                ComponentItem::ComponentFunc(function) if function.async_() => {
                    functions.push((format!("{interface} {name}"), function));
                }
                _ => {}
            }
        }
    }
    functions
}

/// Catches a parameter too many: wit-bindgen up to 0.63 never frees the block that the arguments of
/// an async export then come in, and a session grows with every call.
#[test]
fn the_arguments_of_every_async_export_are_passed_flat() {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    let engine = Engine::new(&config).unwrap();
    let mut counted = 0;
    for component in components::ALL {
        let compiled = Component::new(&engine, component.bytes).unwrap();
        for (name, function) in async_exports(&engine, &compiled) {
            let values = flat_values(&function);
            assert!(values <= MOST_FLAT, "{} {name} has {values} flat values", component.name);
            counted += 1;
        }
    }
    // Ten of `session` in three components, and one or two in each of the others.
    assert!(counted > 30, "{counted} async exports");
}
