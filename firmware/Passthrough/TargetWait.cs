namespace Nvmepf.Firmware.Passthrough;

/// <summary>How long the first connection to a fabrics target is waited for.</summary>
/// <param name="Nanoseconds">The longest time.</param>
/// <param name="StopDescriptor">Readable when the process was asked to end, and no more waiting makes sense; -1 for none.</param>
public readonly record struct TargetWait(long Nanoseconds, int StopDescriptor);
