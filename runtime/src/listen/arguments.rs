//! What the program is started with.

/// The variable that says the same as `--listen`.
const VARIABLE: &str = "PROMPTPILOT_LISTEN";

/// What `--help` prints.
pub(crate) const USAGE: &str = "\
Serves one LLM endpoint over HTTP.

Usage: endpoint --listen ADDRESS:PORT

  --listen ADDRESS:PORT  where to listen, such as 127.0.0.1:8080 or 0.0.0.0:8080; port 0 means any
                         [variable: PROMPTPILOT_LISTEN]
  --help                 print this

SIGTERM and SIGINT end it once the calls that run are finished; a second one does not wait for them.
Without `--listen` it runs as a function of AWS Lambda or of a host like it.
";

/// What is asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arguments {
    /// To serve at an address.
    Listen(String),
    /// To take calls from a Lambda host.
    Function,
    Help,
}

impl Arguments {
    /// Of this process.
    pub(crate) fn read() -> Result<Self, String> {
        Self::parse(std::env::args().skip(1), std::env::var(VARIABLE).ok())
    }

    fn parse(
        given: impl IntoIterator<Item = String>,
        variable: Option<String>,
    ) -> Result<Self, String> {
        let mut given = given.into_iter();
        let mut address = variable.filter(|address| !address.is_empty());
        while let Some(argument) = given.next() {
            address = Some(match argument.as_str() {
                "--help" | "-h" => return Ok(Self::Help),
                "--listen" => given.next().ok_or("`--listen` needs an address: 127.0.0.1:8080")?,
                other => match other.strip_prefix("--listen=") {
                    Some(address) => address.to_owned(),
                    None => return Err(format!("`{other}` is not understood here: see `--help`")),
                },
            });
        }
        Ok(address.map_or(Self::Function, Self::Listen))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_an_argument_or_a_variable() {
        let parse = |given: &[&str], variable: Option<&str>| {
            Arguments::parse(given.iter().map(ToString::to_string), variable.map(str::to_owned))
        };
        let at = |address: &str| Ok(Arguments::Listen(address.to_owned()));
        assert_eq!(parse(&[], None), Ok(Arguments::Function));
        assert_eq!(parse(&[], Some("")), Ok(Arguments::Function));
        assert_eq!(parse(&[], Some("[::]:80")), at("[::]:80"));
        assert_eq!(parse(&["--listen", "localhost:80"], Some("[::]:80")), at("localhost:80"));
        assert_eq!(parse(&["--listen=localhost:80"], None), at("localhost:80"));
        assert_eq!(parse(&["--listen", "x", "--help"], None), Ok(Arguments::Help));
        assert!(parse(&["--listen"], None).is_err_and(|error| error.contains("needs an address")));
        assert!(parse(&["--port", "80"], None).is_err_and(|error| error.contains("`--port`")));
    }
}
