using Nvmepf.Firmware.Commands;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// The Error Information log (NVMe Base 2.1 section 5.1.12.1.2): a ring of the newest errors. A controller level reset empties the ring;
/// the count goes on, so that no two errors of a process have the same number.
/// </summary>
/// <remarks>The count is not kept over the end of the process.</remarks>
public sealed class ErrorLog
{
    private readonly ErrorInformationLogEntry[] _ring = new ErrorInformationLogEntry[EntryCount];
    private int _next;
    private int _used;

    /// <summary>Entries that the log holds (ELPE + 1).</summary>
    public const int EntryCount = 64;

    /// <summary>Errors since the process started.</summary>
    public ulong Count { get; private set; }

    /// <summary>Entries in the ring now.</summary>
    public int Used => _used;

    /// <summary>Notes a command that failed. Called by the engine for every command that completes with an error.</summary>
    /// <param name="command">The command.</param>
    public void Record(in FailedCommand command)
    {
        ref ErrorInformationLogEntry entry = ref Begin(command.Status);
        entry.SubmissionQueueIdentifier = command.SubmissionQueueId;
        entry.CommandIdentifier = command.CommandIdentifier;
        entry.ParameterErrorLocation = command.ErrorByte == CommandSlot.NoParameterLocation
            ? ParameterErrorLocation.NotSpecific
            : new ParameterErrorLocation { Byte = command.ErrorByte, Bit = command.ErrorBit };
        entry.Lba = command.Lba;
        entry.NamespaceIdentifier = command.NamespaceId;
        entry.Opcode = command.Opcode;
    }

    /// <summary>Counts errors whose entries are lost: more at a time than could be kept.</summary>
    public void CountLost(ulong errors) => Count += errors;

    /// <summary>Notes an error that is of no single command.</summary>
    public void RecordControllerError(Status status)
    {
        ref ErrorInformationLogEntry entry = ref Begin(status);
        entry.SubmissionQueueIdentifier = 0xFFFF;
        entry.CommandIdentifier = 0xFFFF;
        entry.ParameterErrorLocation = ParameterErrorLocation.NotSpecific;
    }

    /// <summary>Copies entries, the newest first; slots without an error stay as they are.</summary>
    public void CopyTo(Span<ErrorInformationLogEntry> destination)
    {
        int count = Math.Min(_used, destination.Length);
        for (int i = 0; i < count; i++)
        {
            destination[i] = _ring[(_next - 1 - i + EntryCount) % EntryCount];
        }
    }

    /// <summary>Controller level reset: the entries go, the count stays.</summary>
    public void Reset()
    {
        _next = 0;
        _used = 0;
    }

    private ref ErrorInformationLogEntry Begin(Status status)
    {
        // Zero marks an unused entry, so the count goes from its last value to one.
        Count = Count == ulong.MaxValue ? 1 : Count + 1;
        ref ErrorInformationLogEntry entry = ref _ring[_next];
        entry = default;
        entry.ErrorCount = Count;
        entry.StatusInfo = new CompletionStatus { Status = status };
        entry.LogPageVersion = 1;
        _next = (_next + 1) % EntryCount;
        _used = Math.Min(_used + 1, EntryCount);
        return ref entry;
    }
}
