using Nvmepf.Spec;

namespace Nvmepf.HostDriver.Nvme;

/// <summary>Completion statuses in words, such as <c>InvalidField (0/02h) DNR</c>.</summary>
public static class StatusText
{
    /// <summary>The status of a completion in words.</summary>
    public static string Of(CompletionQueueEntry entry) => Of(entry.CompletionStatus.Status);

    /// <summary>A status in words, with the bits DNR and M.</summary>
    public static string Of(Status status) =>
        Of(status.Code) + (status.DoNotRetry ? " DNR" : "") + (status.More ? " M" : "");

    /// <summary>A status code in words: its name where it has one, status code type and status code.</summary>
    public static string Of(StatusCode code) => $"{code} ({(int)code >> 8}/{(int)code & 0xFF:x2}h)";
}
