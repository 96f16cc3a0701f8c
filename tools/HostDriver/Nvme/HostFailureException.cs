namespace Nvmepf.HostDriver.Nvme;

/// <summary>
/// The controller did not do what the standard says: a deadline passed, a completion belongs to no command, CSTS says it is dead.
/// </summary>
public sealed class HostFailureException : Exception
{
    /// <summary>A failure with words that say what was waited for and what was seen.</summary>
    public HostFailureException(string message)
        : base(message)
    {
    }

    /// <summary>The same with what caused it.</summary>
    public HostFailureException(string message, Exception cause)
        : base(message, cause)
    {
    }
}
