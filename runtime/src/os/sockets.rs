//! Listening sockets: of the HTTP servers and of FastCGI groups. Serving them is not done here.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use nix::errno::Errno;
use nix::sys::socket::sockopt::ReuseAddr;
use nix::sys::socket::{
    AddressFamily, Backlog, SockFlag, SockType, SockaddrStorage, UnixAddr, bind, connect, listen,
    setsockopt, socket,
};
use nix::unistd::{Gid, Uid, User, chown, geteuid, getuid};
use thiserror::Error;

/// Connections that may wait to be accepted.
const BACKLOG: i32 = 1024;

/// How often a stale socket may reappear before the start is given up.
const ATTEMPTS: u32 = 5;

/// Why an HTTP server cannot listen; the texts are those of a refused start.
#[derive(Debug, Error)]
pub enum ListenError {
    /// Somebody else listens there (RUN-066).
    #[error(
        "Another program is already listening on a port that one of our HTTP servers is \
         configured to use.  Shut this program down first before starting supervisord."
    )]
    InUse,
    /// The owner of the socket cannot be set (RUN-068).
    #[error(
        "Not permitted to chown {} to uid/gid ({uid}, {gid}); adjust \"sockchown\" value in \
         config file or on command line to values that the current user ({user}) can \
         successfully chown",
        path.display()
    )]
    Chown {
        /// The socket.
        path: PathBuf,
        /// The owner wanted; -1 leaves it.
        uid: i64,
        /// The group wanted; -1 leaves it.
        gid: i64,
        /// Who this process is.
        user: String,
    },
    /// Anything else (RUN-067).
    #[error("Cannot open an HTTP server: socket.error reported {}", named(.0))]
    Other(io::Error),
}

/// A host name without meaning. Its number is EAI_AGAIN, EAI_NODATA or EAI_NONAME, which the library
/// does not tell.
#[derive(Debug, Error)]
#[error("[Errno {code}] {reason}")]
struct Unresolved {
    code: i32,
    reason: String,
}

/// Where FastCGI sockets are being made. Who is held up by a disk may be given up, and must not take
/// away later what others have made at the same path.
static IN_THE_MAKING: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Tells that something is not in the making any more.
static MADE: Condvar = Condvar::new();

/// The turn to make a socket at a path, until it is dropped.
struct Turn<'p>(&'p Path);

/// A user and a group of a socket file, `None` to leave as they are.
pub type Ownership = (Option<Uid>, Option<Gid>);

/// Listens on a TCP port; an empty host is every IPv4 address.
///
/// # Errors
/// When the address is taken, unknown or not allowed.
pub fn listen_inet(host: &str, port: u16) -> Result<TcpListener, ListenError> {
    let address = resolve(host, port).map_err(ListenError::Other)?;
    Ok(TcpListener::from(inet(address, backlog(BACKLOG))?))
}

/// Listens on a UNIX socket at `path` that appears there ready: with its mode, its owner and
/// accepting (RUN-062). A socket left by a dead daemon is replaced (RUN-063).
///
/// # Errors
/// When somebody listens there, something else stands there, or the system refuses.
pub fn listen_unix(
    path: &Path,
    mode: u32,
    owner: Option<Ownership>,
) -> Result<UnixListener, ListenError> {
    let name = beside(path);
    let result = prepare_unix(path, &name, mode, owner).and_then(|listener| {
        publish(&name, path)?;
        Ok(listener)
    });
    drop(fs::remove_file(&name));
    result
}

/// Listens on a TCP port for a FastCGI group; `*` and an empty host are every address (RUN-407).
///
/// # Errors
/// Whatever the system answers.
pub fn fcgi_inet(host: &str, port: u16, backlog: Option<u16>) -> io::Result<OwnedFd> {
    let host = if host == "*" { "" } else { host };
    Ok(inet(resolve(host, port)?, queue(backlog))?)
}

/// Listens on a UNIX socket for a FastCGI group, replacing whatever stands there (RUN-405).
///
/// # Errors
/// Whatever the system answers, the step named where the original names it (RUN-408).
pub fn fcgi_unix(
    path: &Path,
    backlog: Option<u16>,
    owner: Option<Ownership>,
    mode: u32,
) -> io::Result<OwnedFd> {
    let _turn = Turn::wait_for(path);
    if fs::symlink_metadata(path).is_ok() {
        fs::remove_file(path).map_err(|error| unremovable(path, &error))?;
    }
    let fd = unix(path)?;
    let open = || {
        give_away(path, owner)?;
        fs::set_permissions(path, Permissions::from_mode(mode))
            .map_err(|error| named_step("Could not change permissions of socket file", &error))?;
        Ok(listen(&fd, queue(backlog))?)
    };
    match open() {
        Ok(()) => Ok(fd),
        Err(error) => {
            // It has come to nothing.
            drop(fs::remove_file(path));
            Err(error)
        }
    }
}

/// Whether [`fcgi_inet`] could listen there: the port is taken, but nobody can connect to it.
///
/// # Errors
/// Whatever the system answers.
pub fn rehearse_fcgi_inet(host: &str, port: u16) -> io::Result<()> {
    let host = if host == "*" { "" } else { host };
    Ok(bind_inet(resolve(host, port)?).map(drop)?)
}

/// Whether [`fcgi_unix`] could make a socket at `path`, as far as a file of another name can tell.
/// What stands there is left alone: it may be in use.
///
/// # Errors
/// What the system would answer.
pub fn rehearse_fcgi_unix(path: &Path, owner: Option<Ownership>) -> io::Result<()> {
    address(path)?;
    if fs::symlink_metadata(path).is_ok_and(|file| file.is_dir()) {
        return Err(unremovable(path, &Errno::EISDIR.into()));
    }
    if !may_be_removed(path) {
        return Err(unremovable(path, &Errno::EPERM.into()));
    }
    let name = beside(path);
    File::create_new(&name)?;
    let given = give_away(&name, owner);
    drop(fs::remove_file(&name));
    given
}

/// Whether who may make files beside the one at `path` may remove that one too. Where everybody may
/// make files, removing them is for their owners.
pub fn may_be_removed(path: &Path) -> bool {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let directory = fs::metadata(directory.unwrap_or(Path::new(".")));
    let (Ok(file), Ok(directory)) = (fs::symlink_metadata(path), directory) else { return true };
    let user = geteuid();
    let is_sticky = directory.mode() & 0o1000 != 0;
    !is_sticky || user.is_root() || [file.uid(), directory.uid()].contains(&user.as_raw())
}

/// An operating system error the way the original prints it: `[Errno 2] No such file or directory`.
pub fn python_error(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(number) => format!("[Errno {number}] {}", Errno::from_raw(number).desc()),
        None => error.to_string(),
    }
}

/// A name beside `path` that is free.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}", std::process::id()));
    let name = PathBuf::from(name);
    // Only a predecessor with this very pid can have left something there.
    drop(fs::remove_file(&name));
    name
}

fn give_away(path: &Path, owner: Option<Ownership>) -> io::Result<()> {
    let Some((uid, gid)) = owner else { return Ok(()) };
    chown(path, uid, gid)
        .map_err(|errno| named_step("Could not change ownership of socket file", &errno.into()))
}

fn prepare_unix(
    path: &Path,
    name: &Path,
    mode: u32,
    owner: Option<Ownership>,
) -> Result<UnixListener, ListenError> {
    let fd = unix(name)?;
    fs::set_permissions(name, Permissions::from_mode(mode))?;
    if let Some((uid, gid)) = owner {
        chown(name, uid, gid).map_err(|errno| {
            if errno == Errno::EPERM { refused_chown(path, uid, gid) } else { errno.into() }
        })?;
    }
    listen(&fd, backlog(BACKLOG))?;
    Ok(UnixListener::from(fd))
}

/// Gives the prepared socket its real name, unless somebody listens there.
fn publish(name: &Path, path: &Path) -> Result<(), ListenError> {
    for _ in 0..ATTEMPTS {
        match fs::hard_link(name, path) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => remove_stale(path)?,
            // RUN-064: a file system without hard links; a rename publishes as well.
            Err(_) => {
                if path.exists() {
                    remove_stale(path)?;
                }
                return Ok(fs::rename(name, path)?);
            }
        }
    }
    Err(ListenError::InUse)
}

#[expect(clippy::print_stderr, reason = "the original says this on stderr, before there is a log")]
fn remove_stale(path: &Path) -> Result<(), ListenError> {
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(Errno::EEXIST.into());
    }
    if is_served(path) {
        return Err(ListenError::InUse);
    }
    eprintln!("Unlinking stale socket {}", path.display());
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Whether somebody holds the socket at `path`. Only asks for a connection and does not wait for
/// an answer, so a stopped daemon counts and cannot hold up the start (RUN-065).
fn is_served(path: &Path) -> bool {
    let Ok(address) = UnixAddr::new(path) else { return false };
    let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
    let Ok(fd) = socket(AddressFamily::Unix, SockType::Stream, flags, None) else { return true };
    !matches!(connect(fd.as_raw_fd(), &address), Err(Errno::ECONNREFUSED | Errno::ENOENT))
}

fn address(path: &Path) -> io::Result<UnixAddr> {
    UnixAddr::new(path).map_err(|errno| {
        if errno == Errno::ENAMETOOLONG {
            io::Error::other("AF_UNIX path too long")
        } else {
            errno.into()
        }
    })
}

fn unix(path: &Path) -> io::Result<OwnedFd> {
    let address = address(path)?;
    let fd = socket(AddressFamily::Unix, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    bind(fd.as_raw_fd(), &address)?;
    Ok(fd)
}

fn inet(address: SocketAddr, queue: Backlog) -> Result<OwnedFd, Errno> {
    let fd = bind_inet(address)?;
    listen(&fd, queue)?;
    Ok(fd)
}

fn bind_inet(address: SocketAddr) -> Result<OwnedFd, Errno> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let fd = socket(family, SockType::Stream, SockFlag::SOCK_CLOEXEC, None)?;
    setsockopt(&fd, ReuseAddr, &true)?;
    bind(fd.as_raw_fd(), &SockaddrStorage::from(address))?;
    Ok(fd)
}

/// IPv4 first, which is all the original knows.
fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    if host.is_empty() {
        return Ok((Ipv4Addr::UNSPECIFIED, port).into());
    }
    // An address of IP version 6 stands in brackets, to tell its colons from the port's.
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let mut found: Vec<_> = (bare, port).to_socket_addrs().map_err(tell_unresolved)?.collect();
    found.sort_by_key(SocketAddr::is_ipv6);
    found.into_iter().next().ok_or_else(|| Errno::EADDRNOTAVAIL.into())
}

/// Tells a host name without meaning from other errors.
fn tell_unresolved(error: io::Error) -> io::Error {
    let text = error.to_string();
    let Some(reason) = text.strip_prefix("failed to lookup address information: ") else {
        return error;
    };
    let code = match reason {
        "Temporary failure in name resolution" => -3,
        "No address associated with hostname" => -5,
        _ => -2,
    };
    io::Error::other(Unresolved { code, reason: reason.to_owned() })
}

/// The system's maximum when none is configured (RUN-406).
fn queue(length: Option<u16>) -> Backlog {
    length.map_or(Backlog::MAXCONN, |length| backlog(length.into()))
}

fn backlog(length: i32) -> Backlog {
    Backlog::new(length).unwrap_or(Backlog::MAXCONN)
}

fn refused_chown(path: &Path, uid: Option<Uid>, gid: Option<Gid>) -> ListenError {
    let user = User::from_uid(getuid()).ok().flatten();
    ListenError::Chown {
        path: path.to_owned(),
        uid: uid.map_or(-1, |uid| uid.as_raw().into()),
        gid: gid.map_or(-1, |gid| gid.as_raw().into()),
        user: user.map_or_else(|| getuid().to_string(), |user| user.name),
    }
}

fn named(error: &io::Error) -> String {
    let unresolved = error.get_ref().and_then(|error| error.downcast_ref::<Unresolved>());
    match (error.raw_os_error(), unresolved) {
        (Some(number), _) => format!("errno.{:?} ({number})", Errno::from_raw(number)),
        (None, Some(unresolved)) => unresolved.code.to_string(),
        (None, None) => error.to_string(),
    }
}

fn unremovable(path: &Path, error: &io::Error) -> io::Error {
    let path = compiler::python_repr(&path.to_string_lossy());
    io::Error::other(format!("{}: {path}", python_error(error)))
}

fn named_step(step: &str, error: &io::Error) -> io::Error {
    io::Error::other(format!("{step}: {}", python_error(error)))
}

impl<'p> Turn<'p> {
    fn wait_for(path: &'p Path) -> Self {
        let mut taken = Self::taken();
        while !taken.insert(path.to_owned()) {
            taken = MADE.wait(taken).unwrap_or_else(PoisonError::into_inner);
        }
        Self(path)
    }

    fn taken() -> MutexGuard<'static, BTreeSet<PathBuf>> {
        IN_THE_MAKING.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        Self::taken().remove(self.0);
        MADE.notify_all();
    }
}

impl From<io::Error> for ListenError {
    fn from(error: io::Error) -> Self {
        match error.raw_os_error().map(Errno::from_raw) {
            Some(Errno::EADDRINUSE) => Self::InUse,
            _ => Self::Other(error),
        }
    }
}

impl From<Errno> for ListenError {
    fn from(errno: Errno) -> Self {
        io::Error::from(errno).into()
    }
}

#[cfg(test)]
mod tests;
