//! What expressions tell of variables that nobody has declared.

use minijinja::machinery::{
    Span,
    ast::{BinOpKind, Expr},
};

use super::{
    free::{Guess, How},
    shape::Shape,
    variables::Walk,
};

/// Whether an operator compares.
pub(super) fn is_comparison(operator: &BinOpKind) -> bool {
    use BinOpKind::{Eq, Gt, Gte, In, Lt, Lte, Ne};
    matches!(operator, Eq | Ne | Lt | Lte | Gt | Gte | In)
}

impl<'a> Walk<'a, '_> {
    /// Notes what a place tells of what stands there.
    pub(super) fn learn(&mut self, shape: Shape<'a>, guess: Guess) {
        if let (Shape::Free(id), Some(free)) = (shape, &mut self.free) {
            free.learn(id, guess);
        }
    }

    /// A condition asks for things that need not be there.
    pub(super) fn ask(&mut self, condition: &'a Expr<'a>) -> Shape<'a> {
        let before = std::mem::replace(&mut self.asking, true);
        let shape = self.expression(condition);
        self.asking = before;
        shape
    }

    /// What a filter is given. `default` asks first.
    pub(super) fn inside(&mut self, inner: &'a Expr<'a>, filter: &str) -> Shape<'a> {
        let before = self.guarded.len();
        if let (Expr::Var(variable), "default" | "d") = (inner, filter) {
            self.guarded.push(variable.id);
        }
        let shape = self.expression(inner);
        self.guarded.truncate(before);
        shape
    }

    /// What a list holds.
    pub(super) fn item(&mut self, list: Shape<'a>) -> Shape<'a> {
        match (list, &mut self.free) {
            (Shape::Free(id), Some(free)) => Shape::Free(free.item(id)),
            _ => list.item(),
        }
    }

    /// What an object's field is.
    pub(super) fn free_field(&mut self, object: Shape<'a>, name: &'a str) -> Shape<'a> {
        let how = How { asked: self.asking, guarded: false };
        match (object, &mut self.free) {
            (Shape::Free(id), Some(free)) => Shape::Free(free.field(id, name, how)),
            _ => Shape::Unknown,
        }
    }

    /// What a filter gives, and what it takes.
    pub(super) fn filtered(&mut self, inner: Option<Shape<'a>>, filter: &str) -> Shape<'a> {
        let Some(inner) = inner else { return Shape::of_filter(filter) };
        let guess = match filter {
            "lower" | "upper" | "title" | "capitalize" | "trim" | "replace" | "lines" | "split"
            | "urlencode" | "indent" | "format" => Some(Guess::Text),
            "join" | "sort" | "unique" | "map" | "select" | "reject" | "selectattr"
            | "rejectattr" | "batch" | "slice" | "groupby" | "sum" | "min" | "max" => {
                Some(Guess::List)
            }
            "items" | "dictsort" => Some(Guess::Object),
            "abs" | "round" => Some(Guess::Number),
            _ => None,
        };
        if let Some(guess) = guess {
            self.learn(inner, guess);
        }
        match (inner, filter) {
            (Shape::Free(_), "sort" | "unique" | "reverse" | "list" | "select" | "reject") => inner,
            _ => Shape::of_filter(filter),
        }
    }

    /// Both sides of a comparison are of one type.
    pub(super) fn compared(
        &mut self,
        left: (Shape<'a>, &'a Expr<'a>),
        right: (Shape<'a>, &'a Expr<'a>),
    ) {
        for ((shape, _), (other, expression)) in [(left, right), (right, left)] {
            self.like(shape, other);
            match expression {
                Expr::Const(constant) => self.like_constant(shape, &constant.value),
                Expr::List(list) => {
                    for item in &list.items {
                        if let Expr::Const(constant) = item {
                            self.like_constant(shape, &constant.value);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn like_constant(&mut self, shape: Shape<'a>, value: &'a minijinja::Value) {
        let (Shape::Free(id), Some(free)) = (shape, &mut self.free) else { return };
        match value.as_str() {
            Some(text) => free.compared_with(id, text),
            None if value.is_integer() => free.learn(id, Guess::Integer),
            None => {}
        }
    }

    /// Both operands are of one type.
    pub(super) fn alike(&mut self, operands: [(Shape<'a>, Span); 2]) {
        let [(left, _), (right, _)] = operands;
        self.like(left, right);
        self.like(right, left);
    }

    fn like(&mut self, shape: Shape<'a>, other: Shape<'a>) {
        let guess = match other.kind() {
            Some("a text") => Guess::Text,
            Some("a number") => Guess::Integer,
            Some("true or false") => Guess::Boolean,
            _ => return,
        };
        self.learn(shape, guess);
    }
}
