//! How large a rendered template can become, from the bounds of the fields it uses. Never too
//! small: where a construct is not understood, the template itself counts as without a bound.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::machinery::ast::{BinOpKind, Call, Expr, ForLoop, Stmt};
use promptpilot_spec::{
    definition::{Field, FieldType, Fields},
    template::MAX_OUTPUT,
};

use super::template::Template;
use crate::finding::child;

/// A number of bytes, and the places that keep it from being a bound.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) bytes: u64,
    pub(super) open: BTreeSet<String>,
}

/// Bytes of a character, of a whole number, of any number (which prints without an exponent, so
/// that the smallest have 340 digits), and of a character that is escaped in JSON.
const CHARACTER: u64 = 4;
const WHOLE: u64 = 24;
const NUMBER: u64 = 352;
const ESCAPED: u64 = 6;

impl Size {
    fn of(bytes: u64) -> Self {
        Self { bytes, open: BTreeSet::new() }
    }

    fn open(pointer: &str) -> Self {
        Self { bytes: 0, open: BTreeSet::from([pointer.to_owned()]) }
    }

    pub(super) fn plus(mut self, other: Self) -> Self {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.open.extend(other.open);
        self
    }

    fn times(mut self, factor: u64) -> Self {
        self.bytes = self.bytes.saturating_mul(factor);
        self
    }

    fn or(mut self, other: Self) -> Self {
        self.bytes = self.bytes.max(other.bytes);
        self.open.extend(other.open);
        self
    }

    fn sum(sizes: impl IntoIterator<Item = Self>) -> Self {
        sizes.into_iter().fold(Self::default(), Self::plus)
    }
}

/// The size of all templates together.
pub(super) fn of(templates: &[Template<'_>], request: &Fields) -> Size {
    Size::sum(templates.iter().map(|template| {
        let mut measure = Measure { request, template: template.pointer, scopes: vec![] };
        let size = measure.statement(&template.root);
        Size { bytes: size.bytes.min(MAX_OUTPUT as u64), ..size }
    }))
}

/// The size of the conversation that callers pass beside the templates, and of how many messages.
pub(super) fn of_conversation(request: &Fields) -> (Size, u64) {
    let conversations = request.iter().filter(|(_, field)| field.kind == FieldType::Messages);
    let sizes = conversations.map(|(name, field)| match (field.max_items, field.max_length) {
        (Some(most), Some(characters)) => {
            let most = u64::from(most);
            (Size::of(most * CHARACTER * u64::from(characters)), most)
        }
        _ => (Size::open(&child("/request", name)), 0),
    });
    sizes.fold(Default::default(), |(size, count), (other, more)| (size.plus(other), count + more))
}

/// What an expression gives: how large it prints, and the field it is, if it is one.
#[derive(Clone)]
struct Worth<'a> {
    size: Size,
    field: Option<(&'a Field, String)>,
}

impl From<Size> for Worth<'_> {
    fn from(size: Size) -> Self {
        Self { size, field: None }
    }
}

struct Measure<'a> {
    request: &'a Fields,
    template: &'a str,
    scopes: Vec<BTreeMap<&'a str, Worth<'a>>>,
}

impl<'a> Measure<'a> {
    fn body(&mut self, statements: &'a [Stmt<'a>]) -> Size {
        Size::sum(statements.iter().map(|statement| self.statement(statement)))
    }

    fn statement(&mut self, statement: &'a Stmt<'a>) -> Size {
        match statement {
            Stmt::Template(root) => {
                self.scopes.push(BTreeMap::new());
                self.body(&root.children)
            }
            Stmt::EmitRaw(raw) => Size::of(raw.raw.len() as u64),
            Stmt::EmitExpr(emit) => self.worth(&emit.expr).size,
            Stmt::IfCond(condition) => {
                let yes = self.body(&condition.true_body);
                yes.or(self.body(&condition.false_body))
            }
            Stmt::ForLoop(each) => self.for_loop(each),
            Stmt::WithBlock(with) => {
                let mut names = BTreeMap::new();
                for (target, value) in &with.assignments {
                    let worth = self.worth(value);
                    bind(target, &worth, &mut names);
                }
                self.scopes.push(names);
                let size = self.body(&with.body);
                self.scopes.pop();
                size
            }
            Stmt::Set(set) => {
                let worth = self.worth(&set.expr);
                if let Some(scope) = self.scopes.last_mut() {
                    bind(&set.target, &worth, scope);
                }
                Size::default()
            }
            Stmt::AutoEscape(escape) => self.body(&escape.body),
            Stmt::Continue(_) | Stmt::Break(_) => Size::default(),
            Stmt::SetBlock(_)
            | Stmt::FilterBlock(_)
            | Stmt::Macro(_)
            | Stmt::CallBlock(_)
            | Stmt::Do(_) => Size::open(self.template),
        }
    }

    fn for_loop(&mut self, each: &'a ForLoop<'a>) -> Size {
        if each.recursive {
            return Size::open(self.template);
        }
        let over = self.worth(&each.iter);
        let rounds = self.rounds(&each.iter, &over);
        let item = item(&over);
        let mut names = BTreeMap::from([("loop", Worth::from(Size::of(WHOLE)))]);
        bind(&each.target, &item, &mut names);
        self.scopes.push(names);
        let body = self.body(&each.body);
        self.scopes.pop();
        let otherwise = self.body(&each.else_body);
        let mut size = body.times(rounds.bytes).or(otherwise);
        size.open.extend(rounds.open);
        size
    }

    /// How often a loop runs.
    fn rounds(&self, over: &'a Expr<'a>, worth: &Worth<'a>) -> Size {
        match (over, &worth.field) {
            (_, Some((field, pointer))) => match (field.kind, field.max_items) {
                (FieldType::Array, Some(most)) => Size::of(u64::from(most)),
                (FieldType::Array, None) => Size::open(pointer),
                _ => Size::of(field.fields.len() as u64),
            },
            (Expr::List(list), _) => Size::of(list.items.len() as u64),
            (Expr::Call(call), _) => match range_end(call) {
                Some(end) => Size::of(end),
                None => Size::open(self.template),
            },
            // Parts of a text or of a list: one more than there are bytes between them.
            _ => worth.size.clone().plus(Size::of(1)),
        }
    }

    fn worth(&mut self, expression: &'a Expr<'a>) -> Worth<'a> {
        match expression {
            Expr::Var(variable) => self.variable(variable.id),
            Expr::Const(constant) => Size::of(constant.value.to_string().len() as u64).into(),
            Expr::Slice(slice) => self.worth(&slice.expr).size.into(),
            Expr::UnaryOp(_) | Expr::Compare(_) | Expr::Test(_) => Size::of(NUMBER).into(),
            Expr::BinOp(binary) => {
                let left = self.worth(&binary.left).size;
                let right = self.worth(&binary.right).size;
                match binary.op {
                    BinOpKind::Concat | BinOpKind::Add => left.plus(right).into(),
                    BinOpKind::ScAnd | BinOpKind::ScOr => left.or(right).into(),
                    BinOpKind::Mul | BinOpKind::Pow => Size::open(self.template).into(),
                    _ => Size::of(NUMBER).into(),
                }
            }
            Expr::IfExpr(choice) => {
                let yes = self.worth(&choice.true_expr).size;
                let no = choice.false_expr.as_ref().map(|no| self.worth(no).size);
                yes.or(no.unwrap_or_default()).into()
            }
            Expr::Filter(filter) => self.filtered(expression, filter.name),
            Expr::GetAttr(attribute) => {
                let base = self.worth(&attribute.expr);
                part(&base, attribute.name)
            }
            Expr::GetItem(access) => {
                let base = self.worth(&access.expr);
                match &access.subscript_expr {
                    Expr::Const(key) if key.value.as_str().is_some() => {
                        part(&base, key.value.as_str().unwrap_or_default())
                    }
                    _ => item(&base),
                }
            }
            Expr::List(list) => self.listed(&list.items),
            Expr::Tuple(tuple) => self.listed(&tuple.items),
            Expr::Call(call) => match range_end(call) {
                Some(end) => Size::of(WHOLE.saturating_mul(end)).into(),
                None => Size::open(self.template).into(),
            },
            Expr::Map(_) => Size::open(self.template).into(),
        }
    }

    fn listed(&mut self, items: &'a [Expr<'a>]) -> Worth<'a> {
        let sizes: Vec<_> = items.iter().map(|item| self.worth(item).size.times(ESCAPED)).collect();
        Size::sum(sizes).plus(Size::of(4 * items.len() as u64 + 2)).into()
    }

    fn filtered(&mut self, expression: &'a Expr<'a>, name: &str) -> Worth<'a> {
        let Expr::Filter(filter) = expression else { return Size::default().into() };
        let Some(inner) = &filter.expr else { return Size::open(self.template).into() };
        let inner = self.worth(inner);
        let argument = match filter.args.first() {
            Some(minijinja::machinery::ast::CallArg::Pos(value)) => self.worth(value).size,
            _ => Size::default(),
        };
        match name {
            "length" | "count" => Size::of(WHOLE).into(),
            "int" | "float" | "abs" | "round" | "bool" => Size::of(NUMBER).into(),
            "trim" | "list" | "lines" | "split" | "string" | "safe" => inner.size.into(),
            "sort" | "unique" | "reverse" => inner,
            "lower" | "upper" | "title" | "capitalize" => inner.size.times(3).into(),
            "escape" | "e" | "urlencode" => inner.size.times(ESCAPED).into(),
            "tojson" => inner.size.times(ESCAPED).plus(Size::of(2)).into(),
            "default" | "d" => inner.size.or(argument).into(),
            "first" | "last" | "min" | "max" => item(&inner),
            "join" => {
                let filter_input = self.rounds(expression, &inner);
                inner.size.plus(argument.times(filter_input.bytes)).into()
            }
            _ => Size::open(self.template).into(),
        }
    }

    fn variable(&self, name: &str) -> Worth<'a> {
        if let Some(worth) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return worth.clone();
        }
        match self.request.get(name) {
            Some(field) => field_worth(field, child("/request", name)),
            None => Size::default().into(),
        }
    }
}

fn range_end(call: &Call<'_>) -> Option<u64> {
    let Expr::Var(function) = &call.expr else { return None };
    match call.args.as_slice() {
        [minijinja::machinery::ast::CallArg::Pos(Expr::Const(end))] if function.id == "range" => {
            u64::try_from(end.value.as_i64()?).ok()
        }
        _ => None,
    }
}

fn bind<'a>(target: &'a Expr<'a>, worth: &Worth<'a>, names: &mut BTreeMap<&'a str, Worth<'a>>) {
    match target {
        Expr::Var(variable) => {
            names.insert(variable.id, worth.clone());
        }
        Expr::List(list) => {
            let part = Worth::from(worth.size.clone());
            list.items.iter().for_each(|target| bind(target, &part, names));
        }
        Expr::Tuple(tuple) => {
            let part = Worth::from(worth.size.clone());
            tuple.items.iter().for_each(|target| bind(target, &part, names));
        }
        _ => {}
    }
}

fn item<'a>(list: &Worth<'a>) -> Worth<'a> {
    match &list.field {
        Some((field, pointer)) if field.kind == FieldType::Array => match &field.items {
            Some(items) => field_worth(items, child(pointer, "items")),
            None => list.size.clone().into(),
        },
        _ => list.size.clone().into(),
    }
}

fn part<'a>(object: &Worth<'a>, name: &str) -> Worth<'a> {
    match &object.field {
        Some((field, pointer)) => match field.fields.get(name) {
            Some(part) => field_worth(part, child(&child(pointer, "fields"), name)),
            None => object.size.clone().into(),
        },
        None => object.size.clone().into(),
    }
}

fn field_worth(field: &Field, pointer: String) -> Worth<'_> {
    Worth { size: printed(field, &pointer), field: Some((field, pointer)) }
}

/// How large a field's value prints.
fn printed(field: &Field, pointer: &str) -> Size {
    match field.kind {
        FieldType::String => match field.max_length {
            Some(characters) => Size::of(CHARACTER * u64::from(characters)),
            None => Size::open(pointer),
        },
        FieldType::Enum => {
            Size::of(field.values.iter().map(|value| value.len() as u64).max().unwrap_or_default())
        }
        FieldType::Integer | FieldType::Boolean => Size::of(WHOLE),
        FieldType::Number => Size::of(NUMBER),
        FieldType::Array => {
            let items = field.items.as_deref();
            let item = items.map(|items| printed(items, &child(pointer, "items")));
            let item = item.unwrap_or_default().times(ESCAPED).plus(Size::of(4));
            match field.max_items {
                Some(most) => item.times(u64::from(most)).plus(Size::of(2)),
                None => item.plus(Size::open(pointer)),
            }
        }
        FieldType::Object => {
            let fields = child(pointer, "fields");
            let parts = field.fields.iter().map(|(name, part)| {
                let value = printed(part, &child(&fields, name)).times(ESCAPED);
                value.plus(Size::of(ESCAPED * name.len() as u64 + 6))
            });
            Size::sum(parts).plus(Size::of(2))
        }
        // To a template they are only there or not.
        FieldType::Image | FieldType::File | FieldType::Messages => Size::of(WHOLE),
    }
}
