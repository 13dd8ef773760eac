//! TLS 1.3 with a certificate of its own, without resumption and without tickets.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

pub struct Tls {
    connector: TlsConnector,
    acceptor: TlsAcceptor,
}

impl Tls {
    pub fn ring() -> Self {
        Self::new(rustls::crypto::ring::default_provider())
    }

    pub fn aws_lc_rs() -> Self {
        Self::new(rustls::crypto::aws_lc_rs::default_provider())
    }

    fn new(provider: CryptoProvider) -> Self {
        let provider = Arc::new(provider);
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let certificate = own.cert.der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let mut client = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        client.resumption = Resumption::disabled();
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
        server.send_tls13_tickets = 0;
        Self {
            connector: TlsConnector::from(Arc::new(client)),
            acceptor: TlsAcceptor::from(Arc::new(server)),
        }
    }

    pub async fn shake(
        &self,
        (a, b): (TcpStream, TcpStream),
    ) -> (client::TlsStream<TcpStream>, server::TlsStream<TcpStream>) {
        let name = ServerName::try_from("localhost").unwrap();
        tokio::try_join!(self.connector.connect(name, a), self.acceptor.accept(b)).unwrap()
    }
}
