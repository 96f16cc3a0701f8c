namespace Nvmepf.HostDriver;

/// <summary>Entry point of the userspace NVMe host.</summary>
public static class Program
{
    /// <summary>Runs the tool; returns the process exit code.</summary>
    public static int Main() => 0;
}
