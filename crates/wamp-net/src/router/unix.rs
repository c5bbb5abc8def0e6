//! Listening on a Unix socket, whose name is a file that outlives its router when nobody removes it.

use std::ffi::OsString;
use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::task::{Context, Poll};

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketType, connect, socket};
use tokio::net::{UnixListener, UnixSocket, UnixStream};

use super::endpoint::BACKLOG;

/// A listening socket and its file, which is removed when this is dropped.
#[derive(Debug)]
pub(super) struct UnixEndpoint {
    listener: UnixListener,
    _file: OwnFile,
}

/// A file that we have made.
#[derive(Debug)]
struct OwnFile {
    /// Absolute: the program may change its working directory.
    path: PathBuf,
    /// Device and number, by which it is known from a file that somebody has put into its place.
    identity: (u64, u64),
}

impl UnixEndpoint {
    /// Makes the file with those permissions and listens. The file of a router that is gone is replaced.
    ///
    /// # Errors
    /// Of the system; `AddrInUse` when somebody listens there.
    pub(super) fn open(path: &Path, mode: u32) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        match Self::bind(&path, mode) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                remove_dead(&path)?;
                Self::bind(&path, mode)
            }
            other => other,
        }
    }

    fn bind(path: &Path, mode: u32) -> io::Result<Self> {
        let socket = UnixSocket::new_stream()?;
        socket.bind(path)?;
        let metadata = fs::symlink_metadata(path)?;
        let file = OwnFile { path: path.to_owned(), identity: (metadata.dev(), metadata.ino()) };
        // Nobody can connect before it listens.
        fs::set_permissions(path, Permissions::from_mode(mode))?;
        Ok(Self { listener: socket.listen(BACKLOG)?, _file: file })
    }

    pub(super) fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<UnixStream>> {
        self.listener.poll_accept(cx).map_ok(|(stream, _)| stream)
    }
}

/// A forked child of the program holds the socket too: the system would go on to take connections for nobody.
impl Drop for UnixEndpoint {
    fn drop(&mut self) {
        let _ = rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Both);
    }
}

impl Drop for OwnFile {
    fn drop(&mut self) {
        let ours = |metadata: &fs::Metadata| (metadata.dev(), metadata.ino()) == self.identity;
        if fs::symlink_metadata(&self.path).is_ok_and(|metadata| ours(&metadata)) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Removes the socket's file if nobody listens there.
///
/// Two routers may do that at once, and one of them may listen already when the other removes: so the file is moved
/// aside, which only one of them can do, and asked once more; a live one goes back.
fn remove_dead(path: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(io::Error::new(ErrorKind::AlreadyExists, "there is a file that is no socket"));
    }
    if !is_dead(path) {
        return Err(ErrorKind::AddrInUse.into());
    }
    let mut aside = OsString::from(path);
    aside.push(format!(".{}", std::process::id()));
    match fs::rename(path, &aside) {
        // Somebody else was faster; binding tells what has become of it.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        other => other?,
    }
    if is_dead(Path::new(&aside)) {
        return fs::remove_file(&aside);
    }
    fs::rename(&aside, path)?;
    Err(ErrorKind::AddrInUse.into())
}

/// Whether nobody has that socket open any more. Does not wait: a router whose queue is full is alive.
fn is_dead(path: &Path) -> bool {
    let Ok(address) = SocketAddrUnix::new(path) else { return false };
    let Ok(socket) = socket(AddressFamily::UNIX, SocketType::STREAM, None) else { return false };
    let nonblocking = rustix::io::ioctl_fionbio(&socket, true);
    nonblocking.is_ok() && connect(&socket, &address) == Err(Errno::CONNREFUSED)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::os::unix::net;

    use super::*;

    /// A folder for one test.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("wamp-net-{name}-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn entries(folder: &Folder) -> usize {
        fs::read_dir(&folder.0).unwrap().count()
    }

    #[tokio::test]
    async fn its_file_has_the_mode_and_goes_with_it() {
        let folder = Folder::new("mode");
        let path = folder.0.join("x.sock");
        let endpoint = UnixEndpoint::open(&path, 0o620).unwrap();
        assert_eq!(fs::symlink_metadata(&path).unwrap().mode() & 0o777, 0o620);
        drop(endpoint);
        assert_eq!(entries(&folder), 0);
    }

    #[tokio::test]
    async fn a_live_one_is_in_use_and_a_dead_one_is_replaced() {
        let folder = Folder::new("dead");
        let path = folder.0.join("x.sock");
        let endpoint = UnixEndpoint::open(&path, 0o600).unwrap();
        assert_eq!(UnixEndpoint::open(&path, 0o600).unwrap_err().kind(), ErrorKind::AddrInUse);
        net::UnixStream::connect(&path).unwrap();
        drop(endpoint);
        drop(net::UnixListener::bind(&path).unwrap());
        let endpoint = UnixEndpoint::open(&path, 0o600).unwrap();
        net::UnixStream::connect(&path).unwrap();
        assert_eq!(entries(&folder), 1);
        drop(endpoint);
    }

    #[tokio::test]
    async fn what_is_not_its_own_stays() {
        let folder = Folder::new("foreign");
        let path = folder.0.join("x.sock");
        fs::write(&path, "a file").unwrap();
        assert!(UnixEndpoint::open(&path, 0o600).unwrap_err().to_string().contains("no socket"));
        assert_eq!(fs::read_to_string(&path).unwrap(), "a file");
        fs::remove_file(&path).unwrap();
        let endpoint = UnixEndpoint::open(&path, 0o600).unwrap();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "another").unwrap();
        drop(endpoint);
        assert_eq!(fs::read_to_string(&path).unwrap(), "another");
    }

    #[tokio::test]
    async fn a_full_queue_does_not_make_it_dead() {
        let folder = Folder::new("full");
        let path = folder.0.join("x.sock");
        let listener = socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
        rustix::net::bind(&listener, &SocketAddrUnix::new(&path).unwrap()).unwrap();
        rustix::net::listen(&listener, 0).unwrap();
        let mut waiting = Vec::new();
        for _ in 0..4 {
            let client = socket(AddressFamily::UNIX, SocketType::STREAM, None).unwrap();
            rustix::io::ioctl_fionbio(&client, true).unwrap();
            let _ = connect(&client, &SocketAddrUnix::new(&path).unwrap());
            waiting.push(client);
        }
        assert_eq!(UnixEndpoint::open(&path, 0o600).unwrap_err().kind(), ErrorKind::AddrInUse);
    }
}
