//! Operators of templates: which kinds of values they make sense with.

use minijinja::machinery::{Span, ast::BinOpKind};
use promptpilot_spec::definition::FieldType;

use super::{free::Guess, shape::Shape, variables::Walk};
use crate::finding::{did_you_mean, one_of};

impl<'a> Walk<'a, '_> {
    pub(super) fn attribute(&mut self, shape: Shape<'a>, name: &'a str, span: Span) -> Shape<'a> {
        match shape {
            Shape::Free(_) => self.free_field(shape, name),
            Shape::Field(field) if field.kind == FieldType::Object => {
                match field.fields.get(name) {
                    Some(inner) => Shape::Field(inner),
                    None => {
                        let known: Vec<_> = field.fields.keys().map(String::as_str).collect();
                        let hint = did_you_mean(name, known.iter().copied())
                            .unwrap_or_else(|| format!("its fields are {}", one_of(&known)));
                        self.misuse(span, format!("this object has no field `{name}`"), &hint);
                        Shape::Unknown
                    }
                }
            }
            _ => {
                if let Some(kind) = shape.without_attributes() {
                    let hint = match name {
                        "length" | "size" | "count" => "use the filter `|length`",
                        _ => "only fields of type `object` have attributes",
                    };
                    self.misuse(span, format!("`.{name}` is asked of {kind}"), hint);
                }
                Shape::Unknown
            }
        }
    }

    pub(super) fn binary(
        &mut self,
        operator: &BinOpKind,
        operands: [(Shape<'a>, Span); 2],
    ) -> Shape<'a> {
        if matches!(operator, BinOpKind::Concat | BinOpKind::Mul) {
            for (shape, span) in &operands {
                self.text_only(*shape, *span);
            }
        }
        let sign = match operator {
            BinOpKind::Sub => "-",
            BinOpKind::Div => "/",
            BinOpKind::FloorDiv => "//",
            BinOpKind::Rem => "%",
            BinOpKind::Pow => "**",
            BinOpKind::Add => return self.sum(operands),
            // `"-" * 3` repeats a text.
            BinOpKind::Mul => {
                self.alike(operands);
                return Shape::Unknown;
            }
            BinOpKind::Concat => return Shape::Text,
            BinOpKind::ScAnd | BinOpKind::ScOr => return Shape::Unknown,
            _ => return Shape::Boolean,
        };
        self.arithmetic(sign, &operands)
    }

    fn sum(&mut self, operands: [(Shape<'a>, Span); 2]) -> Shape<'a> {
        let [(left, _), (right, at)] = operands;
        self.alike(operands);
        match (left.kind(), right.kind()) {
            (Some(a), Some(b)) if a != b => {
                self.misuse(at, format!("`+` joins {a} and {b}"), "join texts with `~`");
                Shape::Unknown
            }
            _ => left,
        }
    }

    pub(super) fn arithmetic(&mut self, sign: &str, operands: &[(Shape<'a>, Span)]) -> Shape<'a> {
        for (shape, span) in operands {
            self.learn(*shape, Guess::Number);
            if let Some(kind) = shape.not_a_number() {
                let message = format!("`{sign}` calculates with {kind}");
                self.misuse(*span, message, "make it a number first: `|int` or `|float`");
            }
        }
        Shape::Number
    }
}
