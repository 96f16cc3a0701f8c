using System;
using Xunit;

namespace Nvmepf.Tests.EndToEnd;

/// <summary>
/// A test that boots a Linux guest. It fails where a guest cannot be had; only a person who sets NVMEPF_SKIP_GUEST=1 gets it counted as skipped.
/// </summary>
public class GuestFactAttribute : FactAttribute
{
    public GuestFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("NVMEPF_SKIP_GUEST") == "1")
        {
            Skip = "NVMEPF_SKIP_GUEST=1: no Linux guest is booted, so nothing is known of how a real host takes this SSD";
        }
    }
}
