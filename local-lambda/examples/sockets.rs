//! A function of nothing but a socket, which gives back its event: what a call costs where the function
//! itself costs nothing. Benches call it beside functions with a real client of the Runtime API.

use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const PREFIX: &str = "/2018-06-01/runtime/invocation";
const REQUEST_ID: &str = "lambda-runtime-aws-request-id";

fn main() -> Result<()> {
    let address = std::env::var("AWS_LAMBDA_RUNTIME_API")?;
    let mut host = BufReader::new(TcpStream::connect(&address)?);
    host.get_ref().set_nodelay(true)?;
    loop {
        let next = format!("GET {PREFIX}/next HTTP/1.1\r\nhost: {address}\r\n\r\n");
        let (request, event) = ask(&mut host, next.as_bytes())?;
        let head = format!(
            "POST {PREFIX}/{request}/response HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n",
            event.len()
        );
        ask(&mut host, &[head.as_bytes(), &event].concat())?;
    }
}

/// Sends a request and reads its answer: the id of a call, where it tells one, and the body.
fn ask(host: &mut BufReader<TcpStream>, request: &[u8]) -> Result<(String, Vec<u8>)> {
    host.get_mut().write_all(request)?;
    let (mut call, mut length, mut line) = (String::new(), 0, String::new());
    loop {
        line.clear();
        if host.read_line(&mut line)? == 0 {
            return Err("the host has hung up".into());
        }
        match line.trim_end().split_once(": ") {
            Some((REQUEST_ID, value)) => value.clone_into(&mut call),
            Some(("content-length", value)) => length = value.parse()?,
            _ => {}
        }
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    host.read_exact(&mut body)?;
    Ok((call, body))
}
