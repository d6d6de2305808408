//! Messages of `application/vnd.amazon.eventstream`.
//!
//! ```text
//! total length u32 · length of headers u32 · CRC32 of these · headers · payload · CRC32 of all
//! header: length of name u8 · name · 7 (a string) · length of value u16 · value
//! ```

use bytes::{BufMut, Bytes, BytesMut};

const STRING: u8 = 7;
/// Two lengths and two checksums.
const FRAME: usize = 16;

/// An event of this type.
pub(super) fn event(kind: &str, content_type: &str, payload: &[u8]) -> Bytes {
    let headers =
        [(":message-type", "event"), (":event-type", kind), (":content-type", content_type)];
    message(&headers, payload)
}

fn message(headers: &[(&str, &str)], payload: &[u8]) -> Bytes {
    let mut encoded = BytesMut::new();
    for (name, value) in headers {
        // Both are short constants of this crate.
        encoded.put_u8(name.len() as u8);
        encoded.put_slice(name.as_bytes());
        encoded.put_u8(STRING);
        encoded.put_u16(value.len() as u16);
        encoded.put_slice(value.as_bytes());
    }
    let total = FRAME + encoded.len() + payload.len();
    let mut message = BytesMut::with_capacity(total);
    message.put_u32(total as u32);
    message.put_u32(encoded.len() as u32);
    message.put_u32(crc32(&message));
    message.put_slice(&encoded);
    message.put_slice(payload);
    message.put_u32(crc32(&message));
    message.freeze()
}

/// CRC-32 as in zip and gzip.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| {
        let index = usize::from((crc as u8) ^ byte);
        (crc >> 8) ^ TABLE[index]
    })
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    while index < table.len() {
        let mut entry = index as u32;
        let mut bit = 0;
        while bit < 8 {
            entry = if entry & 1 == 1 { (entry >> 1) ^ 0xedb8_8320 } else { entry >> 1 };
            bit += 1;
        }
        table[index] = entry;
        index += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_crc_32() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }

    #[test]
    fn a_message_tells_its_lengths() {
        let message = event("PayloadChunk", "application/octet-stream", b"hello");
        assert_eq!(message[..4], (message.len() as u32).to_be_bytes());
        assert!(message.ends_with(&crc32(&message[..message.len() - 4]).to_be_bytes()));
        assert_eq!(message[8..12], crc32(&message[..8]).to_be_bytes());
    }
}
