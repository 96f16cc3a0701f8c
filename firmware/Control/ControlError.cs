namespace Nvmepf.Firmware.Control;

/// <summary>How a request to a reactor ended. A reactor builds no texts, so it answers with one of these.</summary>
public enum ControlError : byte
{
    /// <summary>As asked.</summary>
    None,

    /// <summary>Many requests wait already.</summary>
    MailboxFull,

    /// <summary>The reactor does not serve any more.</summary>
    Stopped,

    /// <summary>The reactor did not answer in time; whether it still does what was asked is open.</summary>
    NotAnswered,

    /// <summary>It was begun and did not end in time; what was begun has been taken back.</summary>
    TimedOut,

    /// <summary>No namespace has the NSID.</summary>
    NoSuchNamespace,

    /// <summary>A namespace has the NSID already.</summary>
    NamespaceExists,

    /// <summary>The table has no place left.</summary>
    TooManyNamespaces,

    /// <summary>The NSID is above the number of namespaces (NN) that hosts have been told.</summary>
    NamespaceIdTooLarge,

    /// <summary>The new namespace has a volatile write cache, and hosts have been told that there is none.</summary>
    WriteCacheNotAnnounced,

    /// <summary>The storage cannot change its size while it is served.</summary>
    CannotResize,

    /// <summary>The size is less than one logical block.</summary>
    TooSmall,

    /// <summary>Hosts have been told of no ANA groups.</summary>
    AnaNotReported,
}

/// <summary>What a person reads.</summary>
public static class ControlErrorText
{
    /// <summary>One line for an error, without its subject.</summary>
    public static string Describe(ControlError error) => error switch
    {
        ControlError.None => "done",
        ControlError.MailboxFull => $"more than {ControlMailbox.Capacity} requests wait already; try again",
        ControlError.Stopped => "the controller is not served any more",
        ControlError.NotAnswered => "the reactor did not answer in time",
        ControlError.TimedOut => "did not end in time and was taken back: the storage holds commands that do not end",
        ControlError.NoSuchNamespace => "no such namespace",
        ControlError.NamespaceExists => "a namespace has this NSID already",
        ControlError.TooManyNamespaces => "no place for another namespace; restart to have more",
        ControlError.NamespaceIdTooLarge => "the NSID is above the highest that hosts were told (NN); restart to have it",
        ControlError.WriteCacheNotAnnounced => "it has a volatile write cache, and hosts were told that there is none; restart to have it",
        ControlError.CannotResize => "this storage cannot change its size while it is served",
        ControlError.TooSmall => "less than one logical block",
        ControlError.AnaNotReported => "hosts have been told of no ANA groups; give the port an ana_groups entry and restart",
        _ => "unknown error",
    };
}
