using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.LogPages;

/// <summary>One row of the log page table: a log page, one file each.</summary>
public sealed unsafe class LogPageDescriptor
{
    /// <summary>The longest page that there is.</summary>
    public const int LengthMaximumBytes = 16 * 1024;

    /// <summary>LID.</summary>
    public required LogPageId Id { get; init; }

    /// <summary>Name as in the standard.</summary>
    public required string Name { get; init; }

    /// <summary>Length of the whole page, at most <see cref="LengthMaximumBytes"/>.</summary>
    public required int LengthBytes { get; init; }

    /// <summary>True where CSI selects the page's contents; it must name the NVM Command Set then.</summary>
    public bool UsesCommandSet { get; init; }

    /// <summary>LIDSP of the Supported Log Pages log.</summary>
    public ushort LidSpecificParameter { get; init; }

    /// <summary>Null for always; else whether this controller has the page.</summary>
    public delegate* managed<NvmeController, bool> IsSupported { get; init; }

    /// <summary>Checks what only this page uses of the dwords; null for nothing.</summary>
    public delegate* managed<NvmeController, ref CommandSlot, Status> Check { get; init; }

    /// <summary>Fills the page, <see cref="LengthBytes"/> zeroed bytes.</summary>
    public required delegate* managed<NvmeController, ref CommandSlot, byte*, void> Fill { get; init; }

    /// <summary>Called after the page was read with Retain Asynchronous Event clear; null for nothing to do.</summary>
    public delegate* managed<NvmeController, void> AfterRead { get; init; }
}
