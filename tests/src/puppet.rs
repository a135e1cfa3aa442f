//! A server that gives the answers it was told to and keeps what it was asked.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// A server on a port of its own, until the test ends.
pub struct Puppet {
    port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Puppet {
    /// Gives the requests of one connection after the other these answers; after the last it hangs
    /// up.
    pub fn start(answers: impl IntoIterator<Item = Vec<u8>>) -> Puppet {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (asked, answers) = (Arc::clone(&requests), Vec::from_iter(answers));
        thread::spawn(move || serve(&listener, &asked, answers));
        Puppet { port, requests }
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The requests it has answered.
    pub fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("a server that works").clone()
    }
}

fn serve(listener: &TcpListener, asked: &Mutex<Vec<String>>, answers: Vec<Vec<u8>>) {
    let mut answers = answers.into_iter().peekable();
    for mut stream in listener.incoming().map_while(Result::ok) {
        while answers.peek().is_some()
            && let Some(request) = read(&stream)
        {
            asked.lock().expect("a test that works").push(request);
            let answer = answers.next().unwrap_or_default();
            stream.write_all(&answer).expect("a client that listens");
        }
    }
}

/// A request and its body; `None` when there are no more.
fn read(stream: &TcpStream) -> Option<String> {
    let mut input = BufReader::new(stream);
    let mut request = String::new();
    while !request.ends_with("\r\n\r\n") {
        if input.read_line(&mut request).ok()? == 0 {
            return None;
        }
    }
    let length = request.to_ascii_lowercase();
    let length = length.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|length| length.parse().ok()).unwrap_or_default();
    input.take(length).read_to_string(&mut request).ok()?;
    Some(request)
}
