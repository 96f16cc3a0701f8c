using Nvmepf.Spec;

namespace Nvmepf.Firmware.Controller;

/// <summary>
/// The one endurance group of the subsystem, which every namespace is in (NVMe Base 2.1 section 3.2.3). nvmet makes one of each namespace; here
/// counters are kept by engine and not by namespace, so that counting costs the data path nothing, and a group for each would tell nothing more.
/// </summary>
public static class EnduranceGroup
{
    /// <summary>ENDGID of every namespace, and ENDGIDMAX.</summary>
    public const ushort Identifier = 1;

    /// <summary>The critical warnings that a group has: spare, reliability and read-only; the temperature is the controller's.</summary>
    public const CriticalWarning Warnings = CriticalWarning.AvailableSpareBelowThreshold | CriticalWarning.NvmSubsystemReliabilityDegraded
        | CriticalWarning.AllMediaReadOnly;
}
