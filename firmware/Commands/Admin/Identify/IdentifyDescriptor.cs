using Nvmepf.Firmware.Controller;
using Nvmepf.Spec;

namespace Nvmepf.Firmware.Commands.Admin.Structures;

/// <summary>How a data structure of Identify uses NSID.</summary>
public enum IdentifyNamespaceRule : byte
{
    /// <summary>Not used, not checked.</summary>
    Ignored,

    /// <summary>An active namespace; anything else is Invalid Namespace or Format.</summary>
    Active,

    /// <summary>A valid NSID (1 to NN); one without a namespace gives a structure of zeroes.</summary>
    Valid,

    /// <summary>The list begins after this NSID; up to FFFFFFFDh.</summary>
    ListStart,
}

/// <summary>One row of the Identify table: a data structure, one file each.</summary>
public sealed unsafe class IdentifyDescriptor
{
    /// <summary>CNS.</summary>
    public required Cns Cns { get; init; }

    /// <summary>Name as in the standard.</summary>
    public required string Name { get; init; }

    /// <summary>How NSID is used.</summary>
    public IdentifyNamespaceRule NamespaceRule { get; init; }

    /// <summary>True where CSI selects the structure; it must name the NVM Command Set then.</summary>
    public bool UsesCommandSet { get; init; }

    /// <summary>Checks what only this structure uses of the dwords; null for nothing.</summary>
    public delegate* managed<NvmeController, ref CommandSlot, Status> Check { get; init; }

    /// <summary>
    /// Fills the slot's buffer, 4096 zeroed bytes. <see cref="CommandSlot.NamespaceIndex"/> is the active namespace of NSID, or -1.
    /// </summary>
    public required delegate* managed<NvmeController, ref CommandSlot, void> Fill { get; init; }
}
