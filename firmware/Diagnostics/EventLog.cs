using Nvmepf.Hal;

namespace Nvmepf.Firmware.Diagnostics;

/// <summary>
/// The endpoint log: one line an event with a monotonic time, in the words that nvmet's users know. PLACEHOLDER, being written:
/// a reactor must be able to call it without allocating or waiting; a thread of its own prints.
/// </summary>
public sealed class EventLog
{
    /// <summary>Logs a constant text with {0} and {1} as holes for two numbers (decimal) - no allocation, never waits.</summary>
    public void Write(string text, long first = 0, long second = 0)
    {
    }

    /// <summary>The same, at most a few times a second for each distinct text: for events that a host can flood; says how many were left out.</summary>
    public void WriteLimited(string text, long first = 0, long second = 0)
    {
    }
}
