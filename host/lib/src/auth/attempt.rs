//! All steps of a sign-in, one after another.

use super::Discovery;
use super::credential::Credential;
use super::error::AuthError;
use super::limits::SIGN_INS;
use super::sign_in::{Authorization, SignInOptions};
use futures::future::BoxFuture;

/// Whoever goes to the authorization server: a person with a browser, mostly.
pub trait UserAgent: Send + Sync {
    /// Confirms that this authorization server, on another host than the server, may be signed in at.
    /// Asked once for each: an earlier sign-in confirms it too.
    fn confirm<'a>(&'a self, issuer: &'a str) -> BoxFuture<'a, bool>;

    /// Goes to [`Authorization::url`], and comes back with the query of the redirect.
    fn visit<'a>(
        &'a self,
        authorization: &'a Authorization,
    ) -> BoxFuture<'a, Result<String, AuthError>>;
}

/// Counts the sign-ins that one operation asks for, one after another: a server may want more scopes,
/// or tokens of another issuer, but not for ever.
#[derive(Debug, Default)]
pub struct Attempts(u32);

impl Attempts {
    /// Counts one more.
    ///
    /// # Errors
    ///
    /// [`AuthError::TooMany`] from the fourth on.
    pub const fn count(&mut self) -> Result<(), AuthError> {
        if self.0 >= SIGN_INS {
            return Err(AuthError::TooMany(SIGN_INS));
        }
        self.0 += 1;
        Ok(())
    }
}

impl Discovery {
    /// Signs in, with `agent` for what takes a user. A registration that the authorization server has
    /// forgotten is made once more.
    ///
    /// # Errors
    ///
    /// [`AuthError`].
    pub async fn sign_in(
        &mut self,
        options: SignInOptions,
        agent: &dyn UserAgent,
    ) -> Result<Credential, AuthError> {
        match self.attempt(options.clone(), agent).await {
            Err(error) if error.is_refusal("invalid_client") && self.forget_registrations() => {
                self.attempt(options, agent).await
            }
            outcome => outcome,
        }
    }

    async fn attempt(
        &self,
        options: SignInOptions,
        agent: &dyn UserAgent,
    ) -> Result<Credential, AuthError> {
        let mut sign_in = match self.begin(options.clone()).await {
            Err(AuthError::UnconfirmedIssuer { issuer }) if agent.confirm(&issuer).await => {
                self.begin(options.issuer(issuer)).await?
            }
            begun => begun?,
        };
        let query = agent.visit(sign_in.authorization()).await?;
        sign_in.finish(&query).await
    }

    /// Whether there were any.
    fn forget_registrations(&mut self) -> bool {
        let before = self.filed.len();
        self.filed.retain(|filed| !filed.client.registered);
        self.filed.len() < before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches a client that signs in again and again, and one that steps up only once.
    #[test]
    fn three_sign_ins_are_enough() {
        let mut attempts = Attempts::default();
        assert!((0..3).all(|_| attempts.count().is_ok()));
        assert!(matches!(attempts.count(), Err(AuthError::TooMany(3))));
    }
}
