using Nvmepf.Firmware.Controller;
using Nvmepf.Firmware.Namespaces;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands;

/// <summary>What a handler says when it returns.</summary>
public enum CommandOutcome : byte
{
    /// <summary>Finished: the slot's status and result are final.</summary>
    Completed,

    /// <summary>Waits for the backend; the engine calls Continue when it is done.</summary>
    Pending,

    /// <summary>Waits for something else; whoever parked it completes it through <see cref="CommandEngine.CompleteParked"/>.</summary>
    Parked,
}

/// <summary>How a command uses its NSID field (NVMe Base 2.1 section 3.2.1.5).</summary>
public enum NamespaceRule : byte
{
    /// <summary>Not used; a value is not checked.</summary>
    Ignored,

    /// <summary>An active namespace; the broadcast value is an error.</summary>
    Active,

    /// <summary>An active namespace, or FFFFFFFFh for all.</summary>
    ActiveOrBroadcast,

    /// <summary>The handler decides.</summary>
    HandlerDecides,
}

/// <summary>Where the data of a command stands when its handler runs.</summary>
public enum DataPath : byte
{
    /// <summary>No data.</summary>
    None,

    /// <summary>
    /// In <see cref="CommandSlot.Buffer"/>: filled from the host before Execute, or zeroed before and sent to the host after.
    /// </summary>
    Buffered,

    /// <summary>
    /// In <c>slot.Operation.Segments</c>: the host's own memory where that is possible, else the buffer. For reads and writes of the media.
    /// </summary>
    Direct,
}

/// <summary>
/// One row of the dispatch table: all that the engine, the effects log and the documentation know of a command.
/// A command is one file with one public descriptor and one row in <see cref="CommandTable"/>.
/// </summary>
public sealed unsafe class CommandDescriptor
{
    /// <summary>Opcode.</summary>
    public required byte Opcode { get; init; }

    /// <summary>Name as in the standard, for logs and documentation.</summary>
    public required string Name { get; init; }

    /// <summary>How NSID is used.</summary>
    public required NamespaceRule NamespaceRule { get; init; }

    /// <summary>What a reservation or write protection may refuse.</summary>
    public CommandAccess Access { get; init; }

    /// <summary>How data reaches the handler.</summary>
    public DataPath DataPath { get; init; }

    /// <summary>Null for always; else whether this controller has it, for the effects log and Identify. The command itself refuses then.</summary>
    public delegate* managed<NvmeController, bool> IsSupported { get; init; }

    /// <summary>The dword of the commands supported and effects log (section 5.1.12.1.6); the supported bit is added by the log.</summary>
    public uint Effects { get; init; }

    /// <summary>
    /// Checks every field and sets <see cref="CommandSlot.Direction"/> and <see cref="CommandSlot.DataLengthBytes"/>; changes nothing else.
    /// Null where there is nothing to check.
    /// </summary>
    public delegate* managed<CommandEngine, ref CommandSlot, Status> Prepare { get; init; }

    /// <summary>Does it.</summary>
    public required delegate* managed<CommandEngine, ref CommandSlot, CommandOutcome> Execute { get; init; }

    /// <summary>
    /// Called when the backend operation that Execute or Continue began has ended, its status in <c>slot.Operation.Status</c>.
    /// Null: the command ends with the operation's status.
    /// </summary>
    public delegate* managed<CommandEngine, ref CommandSlot, CommandOutcome> Continue { get; init; }
}
