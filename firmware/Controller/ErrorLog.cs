using Nvmepf.Firmware.Commands;

namespace Nvmepf.Firmware.Controller;

/// <summary>The error information log: a ring of the newest errors. PLACEHOLDER, being written.</summary>
public sealed class ErrorLog
{
    /// <summary>Notes a command that failed. Called by the engine for every command that completes with an error.</summary>
    public void Record(in CommandSlot slot, uint namespaceId, ulong lba)
    {
    }
}
