using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Features;

/// <summary>
/// One row of the feature table: all that Get Features, Set Features, the Feature Identifiers Supported and Effects log and the
/// documentation know of a feature. A feature is one file with one row.
/// </summary>
/// <remarks>No feature is saveable so far, so there is no column for it.</remarks>
public sealed unsafe class FeatureDescriptor
{
    /// <summary>FID.</summary>
    public required FeatureId Id { get; init; }

    /// <summary>Name as in the standard.</summary>
    public required string Name { get; init; }

    /// <summary>True where each namespace has a value of its own; else the value is the controller's.</summary>
    public bool IsNamespaceSpecific { get; init; }

    /// <summary>True where a host may set it.</summary>
    public bool IsChangeable { get; init; } = true;

    /// <summary>Null for always; else whether this controller has it, e.g. a write cache to control.</summary>
    public delegate* managed<NvmeController, bool> IsSupported { get; init; }

    /// <summary>Bytes of data that Get and Set Features move for the given CDW11; null for none, the value is then a dword.</summary>
    public delegate* managed<uint, uint> DataLengthBytes { get; init; }

    /// <summary>Checks the dwords of a Set Features command; null where every value is good.</summary>
    public delegate* managed<NvmeController, ref CommandSlot, Status> CheckSet { get; init; }

    /// <summary>Takes the value from the dwords or the buffer.</summary>
    public required delegate* managed<NvmeController, ref CommandSlot, CommandOutcome> Set { get; init; }

    /// <summary>Goes on when a backend operation that Set began has ended; null where Set begins none.</summary>
    public delegate* managed<NvmeController, ref CommandSlot, CommandOutcome> ContinueSet { get; init; }

    /// <summary>Checks the dwords of a Get Features command; null where there is nothing to check.</summary>
    public delegate* managed<NvmeController, ref CommandSlot, Status> CheckGet { get; init; }

    /// <summary>Puts the value, current or (last argument true) default, into dword 0 of the completion or the buffer.</summary>
    public required delegate* managed<NvmeController, ref CommandSlot, bool, void> Get { get; init; }
}
