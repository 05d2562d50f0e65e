//! Whether everything that is public shows what it is for, in an example that rustdoc compiles, and everything
//! that is called says what it costs.

use std::collections::HashSet;

use rustdoc_types::{Crate, Id, Item, ItemEnum};

/// Words after the three backticks that leave a block an example.
const COMPILED: [&str; 5] = ["", "rust", "no_run", "should_panic", "compile_fail"];
/// How a cost begins, in italics.
const COSTS: [&str; 7] = ["o(", "copies", "shares", "allocates", "reads", "writes", "one pass"];

/// `file:line name: what isn't there`, a line for each item that can be reached from the root and lacks something.
pub(crate) fn lacking(api: &Crate) -> Vec<String> {
    let mut tour = Tour { api, seen: HashSet::new(), lacking: Vec::new() };
    tour.visit(api.root, "");
    tour.lacking.sort();
    tour.lacking.into_iter().map(|(file, line, what)| format!("{file}:{line} {what}")).collect()
}

/// On its way through the items that can be reached from the root.
struct Tour<'a> {
    api: &'a Crate,
    seen: HashSet<Id>,
    lacking: Vec<(String, usize, String)>,
}

impl Tour<'_> {
    fn visit(&mut self, id: Id, parent: &str) {
        // What is hidden, or another crate's, isn't in the index.
        let Some(item) = self.api.index.get(&id) else { return };
        if !self.seen.insert(id) {
            return;
        }
        let name = item.name.as_deref().unwrap_or_default();
        let path = if parent.is_empty() { name.to_owned() } else { format!("{parent}::{name}") };
        let (within, costs): (Vec<Id>, bool) = match &item.inner {
            ItemEnum::Use(named) => return named.id.map_or((), |id| self.visit(id, parent)),
            ItemEnum::Module(module) => (module.items.clone(), false),
            ItemEnum::Struct(of) => (self.own_items(&of.impls), false),
            ItemEnum::Enum(of) => (self.own_items(&of.impls), false),
            ItemEnum::Trait(of) => (of.items.clone(), false),
            ItemEnum::Function(_) => (Vec::new(), true),
            ItemEnum::TypeAlias(_) | ItemEnum::Constant { .. } | ItemEnum::Static(_) | ItemEnum::Union(_) => {
                (Vec::new(), false)
            }
            _ => return,
        };
        self.look(item, &path, costs);
        for id in within {
            self.visit(id, &path);
        }
    }

    /// The items of the implementations that aren't a trait's.
    fn own_items(&self, impls: &[Id]) -> Vec<Id> {
        let items = impls.iter().filter_map(|id| match &self.api.index.get(id)?.inner {
            ItemEnum::Impl(own) if own.trait_.is_none() => Some(own.items.clone()),
            _ => None,
        });
        items.flatten().collect()
    }

    fn look(&mut self, item: &Item, path: &str, costs: bool) {
        let docs = item.docs.as_deref().unwrap_or_default();
        let example = (!has_example(docs)).then_some("no example");
        let cost = (costs && !has_cost(docs)).then_some("no cost");
        let missing: Vec<&str> = example.into_iter().chain(cost).collect();
        if let (Some(span), false) = (&item.span, missing.is_empty()) {
            let file = span.filename.display().to_string();
            self.lacking.push((file, span.begin.0, format!("{path}: {}", missing.join(", "))));
        }
    }
}

fn has_example(docs: &str) -> bool {
    let fences = docs.lines().filter_map(|line| line.trim_start().strip_prefix("```"));
    let compiled = |words: &str| words.split([',', ' ']).all(|word| COMPILED.contains(&word));
    fences.step_by(2).any(compiled)
}

fn has_cost(docs: &str) -> bool {
    let text = docs.to_lowercase();
    // Every other piece is code.
    text.split("```").step_by(2).any(|prose| {
        prose.match_indices('*').any(|(at, _)| {
            let phrase = prose.get(at + 1..).unwrap_or_default();
            COSTS.iter().any(|cost| phrase.starts_with(cost)) && phrase.contains('*')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{has_cost, has_example};

    #[test]
    fn examples_are_what_rustdoc_compiles() {
        assert!(has_example("Text.\n\n```\nx\n```"));
        assert!(has_example("```text\nx\n```\n\n```no_run\nx\n```"));
        assert!(!has_example("Text."));
        assert!(!has_example("```ignore\nx\n```\n\n```text\nx\n```"));
    }

    #[test]
    fn costs_are_phrases_in_italics() {
        assert!(has_cost("Its length. *O(1)*."));
        assert!(has_cost("* a point\n\n*Copies\nn x 8 bytes* of `*const T`."));
        assert!(!has_cost("Its length. O(1)."));
        assert!(!has_cost("*all* of it\n\n```\nlet x = y *o(z) * 2;\n```"));
    }
}
