//! `promptpilot schema`.

use super::Context;
use crate::error::Failure;

pub(crate) fn run(context: &Context) -> Result<(), Failure> {
    let schema = promptpilot_codegen::schema();
    context.out.raw(&format!("{schema:#}\n"));
    Ok(())
}
