//! Where an agent listens, as people write it.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Host and port of an agent: `checkout.internal:6670`, `http://10.0.0.7:6670`, `[::1]:6670`, or
/// only a port of this machine, `6670`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Target {
    host: String,
    port: u16,
}

/// Text that is not the address of an agent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{given}` is not an address: {problem}")]
pub struct TargetError {
    /// What was given.
    pub given: String,
    /// What is wrong about it, and what to write instead.
    pub problem: String,
}

impl Target {
    /// The address for a URI.
    pub(super) fn uri(&self) -> String {
        format!("http://{self}")
    }
}

/// `host:port`.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl FromStr for Target {
    type Err = TargetError;

    fn from_str(given: &str) -> Result<Self, TargetError> {
        parse(given.trim()).map_err(|problem| TargetError { given: given.to_owned(), problem })
    }
}

fn parse(text: &str) -> Result<Target, String> {
    let plain = match text.split_once("://") {
        None => text,
        Some(("http", rest)) => rest.trim_end_matches('/'),
        Some(("https", rest)) => {
            return Err(format!("agents speak no TLS yet, write http://{rest}"));
        }
        Some((scheme, _)) => return Err(format!("it begins with {scheme}://, not with http://")),
    };
    if !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Target { host: "127.0.0.1".to_owned(), port: port(plain)? });
    }
    let Some((host, port_text)) = plain.rsplit_once(':') else {
        return Err(format!(
            "it has no port, write {}:6670",
            if plain.is_empty() { "HOST" } else { plain }
        ));
    };
    if host.is_empty() {
        return Ok(Target { host: "127.0.0.1".to_owned(), port: port(port_text)? });
    }
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    if bare.is_none() && host.contains(':') {
        return Err(format!("an IPv6 address needs brackets, write [{host}]:{port_text}"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let known = match bare {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => host.chars().all(allowed),
    };
    if !known {
        return Err(format!("`{host}` is not the name of a host, write HOST:PORT"));
    }
    Ok(Target { host: host.to_owned(), port: port(port_text)? })
}

fn port(text: &str) -> Result<u16, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!("`{text}` is not a port, which is a number from 1 to 65535")),
        Ok(port) => Ok(port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        let cases = [
            ("6670", "127.0.0.1:6670"),
            (" :6670 ", "127.0.0.1:6670"),
            ("localhost:6670", "localhost:6670"),
            ("http://localhost:6670", "localhost:6670"),
            ("http://10.0.0.7:1/", "10.0.0.7:1"),
            ("[::1]:6670", "[::1]:6670"),
            ("my_host-1.internal:65535", "my_host-1.internal:65535"),
        ];
        for (given, expected) in cases {
            assert_eq!(given.parse::<Target>().unwrap().to_string(), expected);
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_what_to_write_instead() {
        let cases = [
            ("", "it has no port, write HOST:6670"),
            ("checkout", "it has no port, write checkout:6670"),
            ("checkout:http", "`http` is not a port, which is a number from 1 to 65535"),
            ("0", "`0` is not a port"),
            ("checkout:65536", "`65536` is not a port"),
            ("https://checkout:443", "agents speak no TLS yet, write http://checkout:443"),
            ("ftp://checkout:21", "it begins with ftp://, not with http://"),
            ("::1:6670", "an IPv6 address needs brackets, write [::1]:6670"),
            ("[::x]:6670", "`[::x]` is not the name of a host"),
            ("a b:6670", "`a b` is not the name of a host, write HOST:PORT"),
            ("http://h:1/path", "`1/path` is not a port"),
        ];
        for (given, expected) in cases {
            let error = given.parse::<Target>().unwrap_err().to_string();
            assert!(error.contains(expected), "{error:?} instead of {expected:?}");
        }
    }
}
