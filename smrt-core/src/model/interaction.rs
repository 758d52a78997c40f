//! Interactions: what kinds there are, and who began one.

use super::term::terms;

terms! {
    /// What an interaction was.
    ///
    /// ```
    /// use smrt_core::model::InteractionKind;
    ///
    /// assert_eq!("call".parse(), Ok(InteractionKind::Call));
    /// assert_eq!(InteractionKind::Purchase.as_str(), "purchase");
    /// ```
    pub enum InteractionKind is "a kind of interaction" {
        /// A call.
        Call = "call",
        /// A text message.
        Text = "text",
        /// A mail.
        Mail = "mail",
        /// The human bought or rented something, paid, or entered a contract.
        Purchase = "purchase",
        /// The human asked about something, or applied for it.
        Inquiry = "inquiry",
    }
}

terms! {
    /// Who began an interaction.
    ///
    /// ```
    /// use smrt_core::model::Direction;
    ///
    /// assert_eq!("inbound".parse(), Ok(Direction::Inbound));
    /// assert_eq!(Direction::Outbound.as_str(), "outbound");
    /// ```
    pub enum Direction is "a direction" {
        /// The human.
        Inbound = "inbound",
        /// The tenant.
        Outbound = "outbound",
    }
}
