//! What templates use against what the request gives: undeclared variables, fields that nobody
//! uses, and types that make no sense in their place.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use minijinja::machinery::{
    Span,
    ast::{Call, CallArg, Expr, ForLoop, Macro, Spanned, Stmt, UnaryOpKind},
};
use promptpilot_spec::definition::Fields;

use super::{
    free::{Free, Guess, How, Spot},
    guess::is_comparison,
    names,
    shape::Shape,
    template::{self, Template},
};
use crate::finding::{Finding, child, did_you_mean};

pub(super) fn check(templates: &[Template<'_>], request: &Fields, findings: &mut Vec<Finding>) {
    let mut used = BTreeSet::new();
    for template in templates {
        let mut walk = Walk {
            template,
            request,
            scopes: vec![BTreeMap::new()],
            guarded: Vec::new(),
            asking: false,
            used: &mut used,
            free: None,
            findings,
        };
        walk.statement(&template.root);
    }
    // A template that does not parse may use any of them.
    let all_parsed = !findings.iter().any(|finding| finding.code == "template-syntax");
    let usable = |name: &&String| names::is_field_name(name) && !names::is_template_word(name);
    // What goes beside the text needs no template.
    let of_texts = request.iter().filter(|(_, it)| Shape::Field(it).beside_the_text().is_none());
    let unused = of_texts.map(|(name, _)| name).filter(|name| !used.contains(name.as_str()));
    for name in unused.filter(usable).filter(|_| all_parsed) {
        findings.push(
            Finding::warning(
                "unused-field",
                child("/request", name),
                format!("no template uses the request field `{name}`"),
            )
            .hint(format!("write `{{{{ {name} }}}}` in the template, or leave the field out")),
        );
    }
}

/// Finds the variables of templates whose request fields nobody has declared.
pub(super) fn find<'a>(templates: &'a [Template<'a>], findings: &mut Vec<Finding>) -> Free<'a> {
    static NONE: LazyLock<Fields> = LazyLock::new(Fields::new);
    let (mut used, mut free) = (BTreeSet::new(), Free::default());
    for template in templates {
        let mut walk = Walk {
            template,
            request: &NONE,
            scopes: vec![BTreeMap::new()],
            guarded: Vec::new(),
            asking: false,
            used: &mut used,
            free: Some(&mut free),
            findings,
        };
        walk.statement(&template.root);
    }
    free
}

pub(super) struct Walk<'a, 'f> {
    template: &'a Template<'a>,
    request: &'a Fields,
    /// Names that the template itself gives, innermost last.
    scopes: Vec<BTreeMap<&'a str, Shape<'a>>>,
    /// Fields that a condition around this place asks about.
    pub(super) guarded: Vec<&'a str>,
    /// Only whether something is there is asked here.
    pub(super) asking: bool,
    used: &'f mut BTreeSet<String>,
    /// What is learnt of variables where none are declared.
    pub(super) free: Option<&'f mut Free<'a>>,
    findings: &'f mut Vec<Finding>,
}

impl<'a> Walk<'a, '_> {
    fn body(&mut self, statements: &'a [Stmt<'a>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn scoped(&mut self, names: BTreeMap<&'a str, Shape<'a>>, body: &'a [Stmt<'a>]) {
        self.scopes.push(names);
        self.body(body);
        self.scopes.pop();
    }

    fn statement(&mut self, statement: &'a Stmt<'a>) {
        match statement {
            Stmt::Template(root) => self.body(&root.children),
            Stmt::EmitExpr(emit) => {
                let shape = self.expression(&emit.expr);
                self.text_only(shape, emit.expr.span());
                self.printed(&emit.expr);
            }
            Stmt::EmitRaw(_) | Stmt::Continue(_) | Stmt::Break(_) => {}
            Stmt::ForLoop(each) => self.for_loop(each),
            Stmt::IfCond(condition) => {
                self.ask(&condition.expr);
                let before = self.guarded.len();
                self.guard(&condition.expr);
                self.body(&condition.true_body);
                self.body(&condition.false_body);
                self.guarded.truncate(before);
            }
            Stmt::WithBlock(with) => {
                let mut names = BTreeMap::new();
                for (target, value) in &with.assignments {
                    let shape = self.expression(value);
                    bind(target, shape, &mut names);
                }
                self.scoped(names, &with.body);
            }
            Stmt::Set(set) => {
                let shape = self.expression(&set.expr);
                self.assign(&set.target, shape);
            }
            Stmt::SetBlock(set) => {
                self.maybe(set.filter.as_ref());
                self.scoped(BTreeMap::new(), &set.body);
                self.assign(&set.target, Shape::Text);
            }
            Stmt::AutoEscape(escape) => {
                self.expression(&escape.enabled);
                self.body(&escape.body);
            }
            Stmt::FilterBlock(filter) => {
                self.expression(&filter.filter);
                self.body(&filter.body);
            }
            Stmt::Macro(declared) => self.declare(declared),
            Stmt::CallBlock(block) => {
                self.call(&block.call);
                self.macro_body(&block.macro_decl);
            }
            Stmt::Do(call) => {
                self.call(&call.call);
            }
        }
    }

    fn for_loop(&mut self, each: &'a ForLoop<'a>) {
        let over = self.expression(&each.iter);
        if let Some(kind) = over.not_a_list() {
            self.misuse(
                each.iter.span(),
                format!("`for` goes over a list, and this is {kind}"),
                "loop over a field of type `array`, or split the text with `|lines` or `|split`",
            );
        }
        let mut names = BTreeMap::from([("loop", Shape::Unknown)]);
        bind(&each.target, self.item(over), &mut names);
        self.scopes.push(names);
        self.maybe(each.filter_expr.as_ref());
        self.body(&each.body);
        self.scopes.pop();
        self.scoped(BTreeMap::new(), &each.else_body);
    }

    fn declare(&mut self, declared: &'a Macro<'a>) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(declared.name, Shape::Unknown);
        }
        self.macro_body(declared);
    }

    fn macro_body(&mut self, declared: &'a Macro<'a>) {
        for default in &declared.defaults {
            self.expression(default);
        }
        let mut names = BTreeMap::from([("caller", Shape::Unknown)]);
        for argument in &declared.args {
            bind(argument, Shape::Unknown, &mut names);
        }
        self.scoped(names, &declared.body);
    }

    fn assign(&mut self, target: &'a Expr<'a>, shape: Shape<'a>) {
        let mut names = BTreeMap::new();
        bind(target, shape, &mut names);
        if let Some(scope) = self.scopes.last_mut() {
            scope.extend(names);
        }
    }

    fn maybe(&mut self, expression: Option<&'a Expr<'a>>) {
        if let Some(expression) = expression {
            self.expression(expression);
        }
    }

    /// Checks an expression and tells what it gives, as far as that is known.
    pub(super) fn expression(&mut self, expression: &'a Expr<'a>) -> Shape<'a> {
        match expression {
            Expr::Var(variable) => self.variable(variable.id, variable.span()),
            Expr::Const(constant) => Shape::of_constant(&constant.value),
            Expr::Slice(slice) => {
                for part in [&slice.start, &slice.stop, &slice.step] {
                    self.maybe(part.as_ref());
                }
                self.expression(&slice.expr)
            }
            Expr::UnaryOp(unary) => {
                let shape = self.expression(&unary.expr);
                match unary.op {
                    UnaryOpKind::Not => Shape::Boolean,
                    UnaryOpKind::Neg => self.arithmetic("-", &[(shape, unary.expr.span())]),
                }
            }
            Expr::BinOp(binary) => {
                let left = self.expression(&binary.left);
                let right = self.expression(&binary.right);
                if is_comparison(&binary.op) {
                    self.compared((left, &binary.left), (right, &binary.right));
                }
                let operands = [(left, binary.left.span()), (right, binary.right.span())];
                self.binary(&binary.op, operands)
            }
            Expr::Compare(compare) => {
                let mut left = (self.expression(&compare.expr), &compare.expr);
                for operand in &compare.ops {
                    let right = (self.expression(&operand.expr), &operand.expr);
                    self.compared(left, right);
                    left = right;
                }
                Shape::Boolean
            }
            Expr::IfExpr(choice) => {
                self.ask(&choice.test_expr);
                self.expression(&choice.true_expr);
                self.maybe(choice.false_expr.as_ref());
                Shape::Unknown
            }
            Expr::Filter(filter) => {
                let inner = filter.expr.as_ref().map(|inner| {
                    let shape = self.inside(inner, filter.name);
                    self.text_only(shape, inner.span());
                    shape
                });
                self.arguments(&filter.args, None);
                if let Some(near) = template::unknown_filter(filter.name) {
                    self.unknown("filter", filter.name, near, filter.span());
                }
                self.filtered(inner, filter.name)
            }
            Expr::Test(test) => {
                self.ask(&test.expr);
                self.arguments(&test.args, None);
                if let Some(near) = template::unknown_test(test.name) {
                    self.unknown("test", test.name, near, test.span());
                }
                Shape::Boolean
            }
            Expr::GetAttr(attribute) => {
                let shape = self.expression(&attribute.expr);
                self.attribute(shape, attribute.name, attribute.span())
            }
            Expr::GetItem(item) => {
                let shape = self.expression(&item.expr);
                self.expression(&item.subscript_expr);
                match &item.subscript_expr {
                    Expr::Const(key) if key.value.as_str().is_some() => {
                        let key = key.value.as_str().unwrap_or_default();
                        self.attribute(shape, key, item.span())
                    }
                    _ => self.item(shape),
                }
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => self.all(&list.items, Shape::List(None)),
            Expr::Tuple(tuple) => self.all(&tuple.items, Shape::List(None)),
            Expr::Map(map) => {
                self.all(&map.keys, Shape::Unknown);
                self.all(&map.values, Shape::Unknown)
            }
        }
    }

    fn all(&mut self, expressions: &'a [Expr<'a>], shape: Shape<'a>) -> Shape<'a> {
        for expression in expressions {
            self.expression(expression);
        }
        shape
    }

    fn call(&mut self, call: &'a Spanned<Call<'a>>) -> Shape<'a> {
        if let Expr::GetAttr(method) = &call.expr {
            let shape = self.expression(&method.expr);
            if shape.is_field() {
                let hint = match template::unknown_filter(method.name) {
                    None => format!("use the filter: `|{}`", method.name),
                    Some(_) => String::from("use a filter"),
                };
                self.misuse(call.span(), format!("values have no method `{}`", method.name), &hint);
            }
        } else {
            self.expression(&call.expr);
        }
        let is_range = matches!(&call.expr, Expr::Var(function) if function.id == "range");
        self.arguments(&call.args, is_range.then_some(Guess::Integer));
        if is_range { Shape::List(None) } else { Shape::Unknown }
    }

    /// Checks arguments, which are of a type if the function takes only that.
    fn arguments(&mut self, arguments: &'a [CallArg<'a>], guess: Option<Guess>) {
        for argument in arguments {
            match argument {
                CallArg::Pos(value)
                | CallArg::Kwarg(_, value)
                | CallArg::PosSplat(value)
                | CallArg::KwargSplat(value) => {
                    let shape = self.expression(value);
                    if let Some(guess) = guess {
                        self.learn(shape, guess);
                    }
                }
            }
        }
    }

    fn variable(&mut self, name: &'a str, span: Span) -> Shape<'a> {
        if let Some(shape) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return *shape;
        }
        if let Some(field) = self.request.get(name) {
            self.used.insert(name.to_owned());
            return Shape::Field(field);
        }
        if template::is_global(name) {
            return Shape::Unknown;
        }
        let spot = Spot {
            pointer: self.template.pointer,
            source: self.template.source,
            start: span.start_offset as usize,
            end: span.end_offset as usize,
        };
        let how = How { asked: self.asking, guarded: self.guarded.contains(&name) };
        if let Some(free) = &mut self.free {
            return Shape::Free(free.used(name, spot, how));
        }
        let known = self.request.keys().map(String::as_str);
        let hint = did_you_mean(name, known)
            .unwrap_or_else(|| format!("declare it: a table [request.{name}] with its type"));
        let message = format!("the template uses `{name}`, which is no request field");
        self.report(Finding::error("undeclared-variable", "", message).hint(hint), span);
        Shape::Unknown
    }

    /// What goes beside the text has no text of its own.
    pub(super) fn text_only(&mut self, shape: Shape<'a>, span: Span) {
        if let Some(kind) = shape.beside_the_text() {
            self.misuse(
                span,
                format!("{kind} goes to the model beside the text and cannot be printed"),
                "leave it out of the template, or only ask whether it is there: `{% if it %}`",
            );
        }
    }

    /// Printing a field that was left out fails the call.
    fn printed(&mut self, expression: &'a Expr<'a>) {
        let Expr::Var(variable) = expression else { return };
        let local = self.scopes.iter().any(|scope| scope.contains_key(variable.id));
        let Some(field) = self.request.get(variable.id).filter(|_| !local) else { return };
        if field.optional && field.default.is_none() && !self.guarded.contains(&variable.id) {
            let name = variable.id;
            let message =
                format!("`{name}` may be left out, and a call without it would fail here");
            let finding = Finding::warning("optional-unguarded", "", message)
                .hint(format!("put it inside `{{% if {name} %}}`, or give the field a `default`"));
            self.report(finding, variable.span());
        }
    }

    fn guard(&mut self, condition: &'a Expr<'a>) {
        match condition {
            Expr::Var(variable) => self.guarded.push(variable.id),
            Expr::UnaryOp(unary) => self.guard(&unary.expr),
            Expr::Test(test) => self.guard(&test.expr),
            Expr::Filter(filter) => {
                if let Some(inner) = &filter.expr {
                    self.guard(inner);
                }
            }
            Expr::Compare(compare) => {
                self.guard(&compare.expr);
                for operand in &compare.ops {
                    self.guard(&operand.expr);
                }
            }
            Expr::BinOp(binary) => {
                self.guard(&binary.left);
                self.guard(&binary.right);
            }
            _ => {}
        }
    }

    pub(super) fn misuse(&mut self, span: Span, message: String, hint: &str) {
        self.report(Finding::error("template-type", "", message).hint(hint), span);
    }

    fn unknown(&mut self, what: &str, name: &str, near: Option<&str>, span: Span) {
        let message = format!("templates have no {what} `{name}`");
        let hint = near.map(|near| format!("did you mean `{near}`?"));
        let code = if what == "filter" { "unknown-filter" } else { "unknown-test" };
        self.report(Finding::error(code, "", message).maybe_hint(hint), span);
    }

    fn report(&mut self, finding: Finding, span: Span) {
        let offset = span.start_offset as usize;
        let finding = Finding { pointer: self.template.pointer.to_owned(), ..finding };
        let finding = finding.within(self.template.source, offset);
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}

/// Names that an assignment target binds; several share no shape.
fn bind<'a>(target: &'a Expr<'a>, shape: Shape<'a>, names: &mut BTreeMap<&'a str, Shape<'a>>) {
    match target {
        Expr::Var(variable) => {
            names.insert(variable.id, shape);
        }
        Expr::List(list) => list.items.iter().for_each(|item| bind(item, Shape::Unknown, names)),
        Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| bind(item, Shape::Unknown, names)),
        _ => {}
    }
}
