namespace Nvmepf.Firmware;

/// <summary>Entry point of the nvmepf binary.</summary>
public static class Program
{
    /// <summary>Runs the firmware; returns the process exit code.</summary>
    public static int Main() => 0;
}
